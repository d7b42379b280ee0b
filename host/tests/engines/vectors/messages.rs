//! Texts, and whom they go to: `messages.json`.

use serde_json::{Value, json};

use super::{
    Found, Refusal,
    bindings::{
        exports::keyfob::otp::messages::{Draft, Encoding, Ending, Field},
        keyfob::otp::delivery::Channel,
    },
    cases::{hexadecimal, number, text},
    guest::Guest,
};

pub(super) fn messages(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let messages = exports.keyfob_otp_messages();
    Ok(match text(case, "kind") {
        "recipient" => {
            let channel = channel(text(case, "channel"))?;
            let recipient = messages.call_parse_recipient(store, channel, text(case, "text"))??;
            json!({ "canonical": recipient.canonical, "masked": recipient.masked })
        }
        "template" => {
            messages.call_check_template(store, text(case, "text"))??;
            json!({ "accepted": true })
        }
        "message" => json!({ "text": messages.call_compose(store, &draft(case))?? }),
        "context" => {
            let bytes = messages.call_context_bytes(store, &fields(&case["fields"]))??;
            json!({ "bytes": hexadecimal(&bytes) })
        }
        "segments" => {
            let found = messages.call_count_segments(store, text(case, "text"))?;
            let encoding = match found.encoding {
                Encoding::Gsm7 => "gsm-7",
                Encoding::Ucs2 => "ucs-2",
            };
            json!({ "encoding": encoding, "units": found.units, "count": found.count })
        }
        "speech" => {
            let spoken = messages.call_speak(store, &draft(case))??;
            json!({ "text": spoken.text, "ssml": spoken.ssml })
        }
        kind => panic!("no such kind: {kind}"),
    })
}

pub(super) fn channel(text: &str) -> Result<Channel, Refusal> {
    match text {
        "sms" => Ok(Channel::Sms),
        "voice" => Ok(Channel::Voice),
        "email" => Ok(Channel::Email),
        _ => Err(Refusal::Unwritable),
    }
}

/// The fields of a transaction; none where none are written.
pub(super) fn fields(written: &Value) -> Vec<Field> {
    let fields = written.as_object().into_iter().flatten();
    let field = |(name, value): (&String, &Value)| Field {
        name: name.clone(),
        value: value.as_str().unwrap().to_owned(),
    };
    fields.map(field).collect()
}

fn draft(case: &Value) -> Draft {
    let ending = match (&case["ending"]["origin-bound"], &case["ending"]["android-app-hash"]) {
        (Value::String(host), Value::Null) => Ending::OriginBound(host.clone()),
        (Value::Null, Value::String(hash)) => Ending::AndroidAppHash(hash.clone()),
        _ => Ending::None,
    };
    Draft {
        template: text(case, "template").to_owned(),
        code: text(case, "code").to_owned(),
        minutes: number(case, "minutes"),
        context: fields(&case["context"]),
        ending,
    }
}
