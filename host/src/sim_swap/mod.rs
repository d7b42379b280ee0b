//! Asking a mobile operator whether a SIM changed, through CAMARA's SIM Swap API. What
//! the answer is worth, and what it means for a message, the core decides.

mod answer;
mod camara;
mod config;
mod operator;
mod token;

pub use camara::{Camara, Fault, Told};
pub use config::{SimSwapConfig, SimSwapError, SimSwapMethod};
pub use operator::Operator;
