//! What is asked of `../js/bridge.js`.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./bridge.js")]
extern "C" {
    /// Fills the bytes with random ones, or throws.
    #[wasm_bindgen(catch, js_name = fillRandom)]
    pub fn fill_random(bytes: &mut [u8]) -> Result<(), JsValue>;

    /// A field of an object.
    #[cfg(feature = "service")]
    #[wasm_bindgen(js_name = field)]
    pub fn field(object: &JsValue, name: &str) -> JsValue;

    /// Gives an object a field.
    #[wasm_bindgen(js_name = put)]
    pub fn put(object: &js_sys::Object, name: &str, value: JsValue);

    /// A `KeyfobError`. An empty text and a number that is none stand for nothing.
    #[wasm_bindgen(js_name = refusal)]
    #[allow(clippy::too_many_arguments)]
    pub fn refusal(
        code: &str,
        message: &str,
        argument: &str,
        position: f64,
        index: f64,
        until: f64,
        retry_at: f64,
        limit: &str,
    ) -> JsValue;

    /// A `TotpVerification`; all but the outcome count only where it has them.
    #[wasm_bindgen(js_name = judgedByTime)]
    pub fn judged_by_time(
        outcome: u32,
        step_high: u32,
        step_low: u32,
        delta: f64,
        drift: i32,
        as_bigint: bool,
    ) -> JsValue;

    /// An `HotpVerification`, likewise.
    #[wasm_bindgen(js_name = judgedByCounter)]
    pub fn judged_by_counter(
        outcome: u32,
        delta: f64,
        next_high: u32,
        next_low: u32,
        as_bigint: bool,
    ) -> JsValue;

    /// A number where it is exact, else a bigint; a bigint where one was given.
    #[wasm_bindgen(js_name = whole)]
    pub fn whole(high: u32, low: u32, as_bigint: bool) -> JsValue;
}

/// The numbers under which `../js/bridge.js` knows the outcomes.
pub mod outcomes {
    pub const ACCEPTED: u32 = 0;
    pub const REPLAYED: u32 = 1;
    pub const MISMATCH: u32 = 2;
    pub const MALFORMED: u32 = 3;
}
