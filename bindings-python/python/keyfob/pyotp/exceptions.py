class PyOTPError(Exception):
    """Base of what this module raises beside ``ValueError``."""


class OTPVerificationError(PyOTPError):
    """A code that does not match, from ``verify_and_get_timecode``."""
