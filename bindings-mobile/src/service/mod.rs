//! The service over storage and delivery of the application's own: the flows of core, driven
//! through the functions that the application gives.

mod domain;
mod drive;
mod engine;
mod flows;
mod keys;
mod policy;
mod ports;
mod request;
mod results;
mod traffic;
mod words;

pub use domain::{
    DomainChange, DomainSettings, DomainView, DurationEdit, HoursEdit, SimSwapActionEdit,
    SimSwapChange, SimSwapEdit, SimSwapPolicy, TextEdit,
};
pub use engine::{AsyncEngine, Engine};
pub use keys::Keys;
pub use policy::{
    AttemptPolicy, Limit, RetentionPolicy, SendPolicy, SendWindow, ServicePolicy, SimSwapCoverage,
};
pub use ports::{
    AsyncDelivery, AsyncSimSwapOperator, AsyncStorage, Delivery, Fallback, Message, PortError,
    SimSwapOperator, Storage, StoredRecord, TimeSource, WrittenRecord,
};
pub use request::{Destination, EnrolmentOptions, SendOptions, UserOptions};
pub use results::{
    ChallengeView, Created, EnrolmentView, OpenEnrolment, Outcome, Passage, Sent, SimSwapCheck,
    UserStatus, UserView, Way,
};
pub use traffic::{BreakerPolicy, PlacePrice, Prices, TrafficPolicy, UnverifiedPolicy};
pub use words::{
    ChallengeStatus, Channel, DeliveryState, Receipt, SimSwap, SimSwapAction, SimSwapSource, Wanted,
};
