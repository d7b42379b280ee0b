use alloc::{string::String, vec::Vec};

use keyfob::service::{
    Ending, EndingError, Recipient, SegmentEncoding, Template, TransactionContext, compose,
    segments, speak, to_ssml,
};

use crate::{
    Component,
    bindings::keyfob::otp::delivery::Channel,
    exports::messages::{
        Draft, Encoding, Ending as WitEnding, Field, Guest, Recipient as WitRecipient, Segments,
        Speech,
    },
    types::Fault,
};

impl Guest for Component {
    fn parse_recipient(channel: Channel, text: String) -> Result<WitRecipient, Fault> {
        let recipient = Recipient::parse(channel.into(), &text)?;
        Ok(WitRecipient { canonical: recipient.canonical(), masked: recipient.masked() })
    }

    fn check_template(text: String) -> Result<(), Fault> {
        Ok(Template::parse(&text).map(drop)?)
    }

    fn context_bytes(fields: Vec<Field>) -> Result<Vec<u8>, Fault> {
        Ok(context(fields)?.canonical_bytes())
    }

    fn compose(draft: Draft) -> Result<String, Fault> {
        let (template, context) = (Template::parse(&draft.template)?, bound(draft.context)?);
        let ending = draft.ending.try_into()?;
        let text = compose(&template, &draft.code, draft.minutes, context.as_ref(), &ending)?;
        Ok(text.as_str().into())
    }

    fn speak(draft: Draft) -> Result<Speech, Fault> {
        let (template, context) = (Template::parse(&draft.template)?, bound(draft.context)?);
        let text = speak(&template, &draft.code, draft.minutes, context.as_ref())?;
        Ok(Speech { ssml: to_ssml(&text).as_str().into(), text: text.as_str().into() })
    }

    fn count_segments(text: String) -> Segments {
        let found = segments(&text);
        let encoding = match found.encoding {
            SegmentEncoding::Gsm7 => Encoding::Gsm7,
            SegmentEncoding::Ucs2 => Encoding::Ucs2,
        };
        Segments { encoding, units: found.units as u32, count: found.count as u32 }
    }
}

/// What a code is bound to, as its fields.
pub(crate) fn context(fields: Vec<Field>) -> Result<TransactionContext, Fault> {
    let fields = fields.into_iter().map(|field| (field.name, field.value));
    Ok(TransactionContext::new(fields)?)
}

fn bound(fields: Vec<Field>) -> Result<Option<TransactionContext>, Fault> {
    if fields.is_empty() { Ok(None) } else { context(fields).map(Some) }
}

impl TryFrom<WitEnding> for Ending {
    type Error = EndingError;

    fn try_from(ending: WitEnding) -> Result<Self, EndingError> {
        match ending {
            WitEnding::None => Ok(Self::None),
            WitEnding::OriginBound(host) => Self::origin_bound(&host),
            WitEnding::AndroidAppHash(hash) => Self::android_app_hash(&hash),
        }
    }
}
