use alloc::{string::String, vec::Vec};

use js_sys::{Array, Object};
use keyfob::service::{
    Channel, Ending, MessageError, Recipient, Template, TransactionContext, compose, segments,
    speak, to_ssml,
};
use wasm_bindgen::{JsCast, prelude::*};

use crate::{
    given::Given,
    object::Made,
    refusal::{self, Blame},
};

#[wasm_bindgen(js_name = parseRecipient)]
pub fn parse_recipient(channel: &str, to: &str) -> Result<JsValue, JsValue> {
    let channel: Channel = channel.parse().blame("channel")?;
    let recipient = Recipient::parse(channel, to).blame("to")?;
    let made = Made::new().with("canonical", recipient.canonical());
    Ok(made.with("masked", recipient.masked()).into())
}

#[wasm_bindgen(js_name = checkTemplate)]
pub fn check_template(template: &str) -> Result<(), JsValue> {
    Template::parse(template).map(drop).blame("template")
}

#[wasm_bindgen(js_name = composeMessage)]
pub fn compose_message(options: JsValue) -> Result<String, JsValue> {
    let given = Parts::read(options)?;
    let ending = ending(&given.options)?;
    let written =
        compose(&given.template, &given.code, given.minutes, given.context.as_ref(), &ending);
    Ok((*written.map_err(unwritten)?).clone())
}

#[wasm_bindgen(js_name = composeSpeech)]
pub fn compose_speech(options: JsValue) -> Result<String, JsValue> {
    let given = Parts::read(options)?;
    let spoken = speak(&given.template, &given.code, given.minutes, given.context.as_ref());
    Ok((*spoken.map_err(unwritten)?).clone())
}

/// What a message cannot be made of is the template, unless it is the code.
fn unwritten(error: MessageError) -> JsValue {
    let argument = if matches!(error, MessageError::Code) { "code" } else { "template" };
    refusal::of(&error.into(), argument)
}

#[wasm_bindgen(js_name = toSsml)]
pub fn ssml(spoken: &str) -> String {
    (*to_ssml(spoken)).clone()
}

#[wasm_bindgen(js_name = segments)]
pub fn count_segments(text: &str) -> JsValue {
    let found = segments(text);
    Made::new()
        .with("encoding", found.encoding.name())
        .with("units", found.units as f64)
        .with("count", found.count as f64)
        .into()
}

#[wasm_bindgen(js_name = contextBytes)]
pub fn context_bytes(context: JsValue) -> Result<Vec<u8>, JsValue> {
    Ok(self::context(&context)?.canonical_bytes())
}

pub fn context(fields: &JsValue) -> Result<TransactionContext, JsValue> {
    let pairs = Object::entries(fields.unchecked_ref()).into_iter().filter_map(|entry| {
        let entry = Array::from(&entry);
        entry.get(0).as_string().zip(entry.get(1).as_string())
    });
    TransactionContext::new(pairs).blame("context")
}

pub fn optional_context(options: &Given) -> Result<Option<TransactionContext>, JsValue> {
    options.value("context").map(|fields| context(&fields)).transpose()
}

pub fn ending(options: &Given) -> Result<Ending, JsValue> {
    let Some(ending) = options.object("ending") else { return Ok(Ending::None) };
    if let Some(host) = ending.text("originBound") {
        return Ending::origin_bound(&host).blame("ending");
    }
    Ending::android_app_hash(&ending.needed_text("androidAppHash")).blame("ending")
}

/// What every message is made of.
struct Parts {
    template: Template,
    code: String,
    minutes: u64,
    context: Option<TransactionContext>,
    options: Given,
}

impl Parts {
    fn read(options: JsValue) -> Result<Self, JsValue> {
        let options = Given::new(options);
        let template = options.needed_text("template");
        Ok(Self {
            template: Template::parse(&template).blame("template")?,
            code: options.needed_text("code"),
            minutes: options.whole("minutes").unwrap_or_default(),
            context: optional_context(&options)?,
            options,
        })
    }
}
