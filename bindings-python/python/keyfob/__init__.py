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
from ._errors import ChannelNotConfigured, InvalidArgument, InvalidType, KeyfobError, ServiceError
from ._native import (
    HOTP,
    TOTP,
    Add,
    AskSimSwap,
    CodePolicy,
    Deliver,
    Done,
    Enrolment,
    Fallback,
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
    __version__,
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
    Channel,
    DeliveryState,
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
    Passage,
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
    "AsyncStorage", "AttemptPolicy", "BreakerPolicy", "ChallengeView", "Channel", "ChannelNotConfigured",
    "CodePolicy", "Created", "Deliver", "Delivery", "DeliveryState", "Destination", "DomainView", "Done",
    "Enrolment", "EnrolmentView", "Fallback", "Flow", "HotpVerification", "InvalidArgument",
    "InvalidType", "KeyfobError", "Keys", "Load", "Message", "Migration", "OpenEnrolment",
    "Operator", "Outcome", "Passage", "PhoneAndEmail", "Prices", "Receipt", "Record",
    "RecoveryResult", "RecoverySet", "RetentionPolicy", "Secret", "SendPolicy", "Sent",
    "Service", "ServiceError", "ServicePolicy", "SimSwapAction", "SimSwapAnswer",
    "SimSwapCheck", "SimSwapCoverage", "SimSwapPolicy", "Skipped", "Steam", "Storage", "Stored",
    "Swap", "TotpParameters", "TotpState", "TrafficPolicy", "UnverifiedPolicy", "UriWarning",
    "UserView", "Verification", "Wanted", "Way", "__version__", "delivery_in_threads",
    "export_migration", "import_migration", "in_threads", "messages", "operator_in_threads",
    "parse_uri", "provisioning_uri", "qr_png", "qr_svg", "qr_text", "random_base32",
]  # fmt: skip
