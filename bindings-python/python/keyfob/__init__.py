"""One-time passwords: TOTP, HOTP, enrolment URIs and QR codes, recovery codes, and a whole
service over your own database.

    >>> import keyfob
    >>> totp = keyfob.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8)
    >>> bool(totp.verify("94287082", at=59))
    True

What a user typed never raises; arguments that cannot be used raise `InvalidArgument`, a
``ValueError`` with a stable ``code``. For a move from pyotp: ``import keyfob.pyotp as pyotp``.
"""

from . import messages
from ._async_service import AsyncService
from ._engine import Keys
from ._errors import ChannelNotConfigured, InvalidArgument, KeyfobError, ServiceError
from ._native import (
    HOTP,
    TOTP,
    Add,
    AskSimSwap,
    CodePolicy,
    Deliver,
    Done,
    Enrolment,
    Flow,
    HotpVerification,
    Load,
    Message,
    Migration,
    Record,
    RecoveryResult,
    RecoverySet,
    Secret,
    Skipped,
    Steam,
    Stored,
    Swap,
    TotpState,
    UriWarning,
    Verification,
    export_migration,
    import_migration,
    parse_uri,
    provisioning_uri,
    qr_png,
    qr_svg,
    qr_text,
    random_base32,
)
from ._policy import (
    AttemptPolicy,
    BreakerPolicy,
    Destination,
    PhoneAndEmail,
    Prices,
    RetentionPolicy,
    SendPolicy,
    ServicePolicy,
    SimSwapAction,
    SimSwapCoverage,
    SimSwapPolicy,
    TotpParameters,
    TrafficPolicy,
    UnverifiedPolicy,
)
from ._ports import (
    AsyncDelivery,
    AsyncOperator,
    AsyncStorage,
    Delivery,
    Operator,
    Receipt,
    SimSwapAnswer,
    Storage,
)
from ._results import (
    ChallengeView,
    Created,
    DomainView,
    EnrolmentView,
    OpenEnrolment,
    Outcome,
    Sent,
    SimSwapCheck,
    UserView,
    Wanted,
    Way,
)
from ._service import Service
from ._threads import delivery_in_threads, in_threads, operator_in_threads

__all__ = [
    "HOTP", "TOTP", "Add", "AskSimSwap", "AsyncDelivery", "AsyncOperator", "AsyncService",
    "AsyncStorage", "AttemptPolicy", "BreakerPolicy", "ChallengeView", "ChannelNotConfigured",
    "CodePolicy", "Created", "Deliver", "Delivery", "Destination", "DomainView", "Done",
    "Enrolment", "EnrolmentView", "Flow", "HotpVerification", "InvalidArgument", "KeyfobError",
    "Keys", "Load", "Message", "Migration", "OpenEnrolment", "Operator", "Outcome",
    "PhoneAndEmail", "Prices", "Receipt", "Record", "RecoveryResult", "RecoverySet",
    "RetentionPolicy", "Secret", "SendPolicy", "Sent", "Service", "ServiceError", "ServicePolicy",
    "SimSwapAction", "SimSwapAnswer", "SimSwapCheck", "SimSwapCoverage", "SimSwapPolicy",
    "Skipped", "Steam", "Storage", "Stored", "Swap", "TotpParameters", "TotpState",
    "TrafficPolicy", "UnverifiedPolicy", "UriWarning", "UserView", "Verification", "Wanted",
    "Way", "delivery_in_threads", "export_migration", "import_migration", "in_threads",
    "messages", "operator_in_threads", "parse_uri", "provisioning_uri", "qr_png", "qr_svg",
    "qr_text", "random_base32",
]  # fmt: skip
