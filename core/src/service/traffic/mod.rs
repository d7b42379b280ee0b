//! What keeps strangers from making others pay: rules about where messages go, who asked
//! for them and how many of their codes are ever verified.
//!
//! All of it counts in the store, with [`Storage::add`](super::Storage::add), so that every
//! node sees the same sums. A send is counted before it costs anything; what is refused
//! is taken back.

mod breaker;
mod client;
mod destination;
mod percent;
mod policy;
mod prefix;
mod reservation;
mod span;
mod unverified;

pub use client::ClientAddress;
pub use destination::{Destination, Place, Region};
pub use percent::Percent;
pub use policy::{BreakerPolicy, Prices, TrafficPolicy, UnverifiedPolicy};
pub use prefix::Prefix;

pub(super) use breaker::PrefixBreaker;
pub(super) use reservation::{Origin, Reservation};

use alloc::string::String;

/// Who asked for a message, and what the host knows of the number it goes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The address of the client on whose behalf the application asks. Never one taken
    /// from a header that the client itself can write.
    pub client: Option<ClientAddress>,
    /// The name of the API key that was used.
    pub api_key: Option<String>,
    /// What the number's country and range are, where the host knows. Without it rules
    /// about countries hold by their calling codes.
    pub destination: Option<Destination>,
}
