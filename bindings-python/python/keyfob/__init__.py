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
from ._engine import Keys, Policy
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
    Challenge,
    Created,
    Domain,
    EnrolmentView,
    OpenEnrolment,
    Outcome,
    Sent,
    SimSwapCheck,
    User,
    Wanted,
    Way,
)
from ._service import Service
from ._threads import delivery_in_threads, in_threads, operator_in_threads

__all__ = [
    "HOTP", "TOTP", "Add", "AskSimSwap", "AsyncDelivery", "AsyncOperator", "AsyncService",
    "AsyncStorage", "Challenge", "ChannelNotConfigured", "CodePolicy", "Created", "Deliver",
    "Delivery", "Domain", "Done", "Enrolment", "EnrolmentView", "Flow", "HotpVerification",
    "InvalidArgument", "KeyfobError", "Keys", "Load", "Message", "Migration", "OpenEnrolment",
    "Operator", "Outcome", "Policy", "Receipt", "Record", "RecoveryResult", "RecoverySet", "Secret",
    "Sent", "Service", "ServiceError", "SimSwapAnswer", "SimSwapCheck", "Skipped", "Steam",
    "Storage", "Stored", "Swap", "TotpState", "UriWarning", "User", "Verification",
    "Wanted", "Way", "delivery_in_threads", "export_migration", "import_migration", "in_threads",
    "messages", "operator_in_threads", "parse_uri", "provisioning_uri", "qr_png", "qr_svg", "qr_text",
    "random_base32",
]  # fmt: skip
