//! The service over storage and delivery of the application's own: the flows of core, driven
//! through the functions that the application gives.

mod drive;
mod engine;
mod flows;
mod keys;
mod policy;
mod ports;
mod request;
mod results;

pub use engine::{AsyncEngine, Engine};
pub use keys::Keys;
pub use policy::{
    AttemptLimits, BreakerSettings, Limit, PlacePrice, PriceList, SendLimits, SendWindow,
    ServicePolicy, SimSwapSettings, TrafficLimits, UnverifiedSettings,
};
pub use ports::{
    AsyncDelivery, AsyncSimSwapOperator, AsyncStorage, Delivery, FallbackMessage, Message,
    MessageReceipt, PortError, SimSwapAnswer, SimSwapOperator, Storage, StoredRecord, TimeSource,
    WrittenRecord,
};
pub use request::{
    Channel, DeliveryState, DomainOptions, EnrolmentOptions, SendOptions, SimSwapAction,
    SimSwapRule, UserOptions,
};
pub use results::{
    ChallengeInfo, ChallengeStatus, CreatedUser, DomainInfo, EnrolmentInfo, MessagePassage,
    OpenedEnrolment, Outcome, SentCode, SimSwapInfo, SimSwapSource, UserInfo, UserStatus,
    WantedAnswer, WayOn,
};
