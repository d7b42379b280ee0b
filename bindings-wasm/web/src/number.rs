//! Numbers of JavaScript as those of the core.

use keyfob::{EntropyUnavailable, ParameterError, Window};

use crate::bridge;

/// A whole number from 0 to 255, or the error of what it is for.
pub fn small<E>(value: f64, error: E) -> Result<u8, E> {
    let whole = value as u8; // saturates; no number becomes 0
    if f64::from(whole) == value { Ok(whole) } else { Err(error) }
}

/// Both sides of a window, or neither.
pub fn window(before: Option<f64>, after: Option<f64>) -> Result<Window, ParameterError> {
    let Some((before, after)) = before.zip(after) else { return Ok(Window::default()) };
    let side = |steps| small(steps, ParameterError::Window);
    Window::new(side(before)?, side(after)?)
}

/// A number of 64 bits from its halves.
pub const fn wide(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// The halves of one.
pub const fn halves(value: u64) -> (u32, u32) {
    ((value >> 32) as u32, value as u32)
}

/// The random bytes that the runtime, or the application in its place, gives.
pub fn entropy(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    bridge::fill_random(bytes).map_err(|_| EntropyUnavailable)
}
