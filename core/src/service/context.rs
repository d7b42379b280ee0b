use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::{error, fmt};

use serde::{Deserialize, Serialize};

/// What a code approves: the amount, the payee and whatever else belongs to one
/// transaction. A code sent for it verifies for exactly these fields and no others
/// (dynamic linking, Commission Delegated Regulation (EU) 2018/389, Article 5).
///
/// Fields are compared to the byte: `10.00` is not `10`. `Debug` is redacted.
///
/// ```
/// use keyfob::service::TransactionContext;
/// let context = TransactionContext::new([("amount", "EUR 25.00"), ("payee", "Café Noir")])?;
/// assert_eq!(context.amount(), Some("EUR 25.00"));
/// # Ok::<(), keyfob::service::ContextError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct TransactionContext(BTreeMap<String, String>);

impl TransactionContext {
    /// The field that `{{amount}}` shows.
    pub const AMOUNT: &'static str = "amount";
    /// The field that `{{payee}}` shows.
    pub const PAYEE: &'static str = "payee";
    /// The most fields in one context.
    pub const MAXIMUM_FIELDS: usize = 16;
    /// The longest field name, in characters.
    pub const MAXIMUM_NAME_CHARACTERS: usize = 32;
    /// The longest amount, in characters.
    pub const MAXIMUM_AMOUNT_CHARACTERS: usize = 35;
    /// The longest other value, in characters; ISO 20022 gives a party's name 140.
    pub const MAXIMUM_VALUE_CHARACTERS: usize = 140;

    /// Takes the fields of a transaction. Names are lower-case ASCII letters,
    /// digits, `_` and `-`. Values are not blank and hold no line break, control
    /// character or character that turns the direction of text: what the payer
    /// reads is what was bound. A name given twice counts as given last.
    ///
    /// # Errors
    /// [`ContextError`] says which field and why.
    pub fn new<N: Into<String>, V: Into<String>>(
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ContextError> {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::try_from(fields.collect::<BTreeMap<_, _>>())
    }

    /// The amount, as the payer is shown it.
    pub fn amount(&self) -> Option<&str> {
        self.0.get(Self::AMOUNT).map(String::as_str)
    }

    /// The payee, as the payer is shown them.
    pub fn payee(&self) -> Option<&str> {
        self.0.get(Self::PAYEE).map(String::as_str)
    }

    /// All fields with their values, ordered by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The bytes to mix into the code's MAC: the number of fields, then each name
    /// and value in order of names, each preceded by its length in bytes. All
    /// numbers are 32-bit big-endian. No two contexts have the same bytes.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, self.0.len());
        for text in self.0.iter().flat_map(|(name, value)| [name, value]) {
            put_number(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

impl TryFrom<BTreeMap<String, String>> for TransactionContext {
    type Error = ContextError;

    fn try_from(fields: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        if fields.is_empty() {
            return Err(ContextError::Empty);
        }
        if fields.len() > Self::MAXIMUM_FIELDS {
            return Err(ContextError::TooManyFields);
        }
        for (name, value) in &fields {
            check_name(name)?;
            check_value(name, value)?;
        }
        Ok(Self(fields))
    }
}

impl From<TransactionContext> for BTreeMap<String, String> {
    fn from(context: TransactionContext) -> Self {
        context.0
    }
}

impl fmt::Debug for TransactionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionContext(redacted, {} fields)", self.0.len())
    }
}

/// Why a transaction context was refused. Names a field, never shows its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// There are no fields, so nothing would be bound.
    Empty,
    /// More than 16 fields.
    TooManyFields,
    /// A name that is empty, longer than 32 characters, or holds others than
    /// lower-case letters, digits, `_` and `-`.
    Name,
    /// A value with nothing to be seen in it.
    Blank {
        /// The field.
        name: String,
    },
    /// A value beyond its length.
    TooLong {
        /// The field.
        name: String,
        /// How many characters it may have.
        maximum: usize,
    },
    /// A line break, a control character, or one that turns the direction of text.
    Character {
        /// The field.
        name: String,
        /// Where it stands, in characters from 0.
        position: usize,
    },
    /// A link: whoever can choose a payee's name could put theirs into the message.
    Link {
        /// The field.
        name: String,
    },
}

impl ContextError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Empty => "context-empty",
            Self::TooManyFields => "context-too-many-fields",
            Self::Name => "context-name",
            Self::Blank { .. } => "context-blank",
            Self::TooLong { .. } => "context-too-long",
            Self::Character { .. } => "context-character",
            Self::Link { .. } => "context-link",
        }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the context has no fields; give some or leave it out"),
            Self::TooManyFields => f.write_str("give the context at most 16 fields"),
            Self::Name => f.write_str(
                "name the fields of the context with 1 to 32 lower-case letters, digits, _ or -",
            ),
            Self::Blank { name } => {
                write!(f, "the context's {name} is blank; give it a value or leave it out")
            }
            Self::TooLong { name, maximum } => {
                write!(f, "shorten the context's {name} to at most {maximum} characters")
            }
            Self::Character { name, position } => write!(
                f,
                "remove character {} of the context's {name}: it breaks lines, controls or turns text",
                position + 1
            ),
            Self::Link { name } => {
                write!(f, "take the link out of the context's {name}; messages carry none")
            }
        }
    }
}

impl error::Error for ContextError {}

/// Whether a character would let text read as other than it is: controls and line
/// separators, the directional marks, overrides and isolates of Unicode's bidirectional
/// algorithm (CVE-2021-42574), spaces without width, and those that XML 1.0 cannot carry.
/// The joiners stay: names in Persian and Hindi are spelled with them.
pub(super) fn distorts_text(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

fn check_name(name: &str) -> Result<(), ContextError> {
    let fits = (1..=TransactionContext::MAXIMUM_NAME_CHARACTERS).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
    if fits { Ok(()) } else { Err(ContextError::Name) }
}

fn check_value(name: &str, value: &str) -> Result<(), ContextError> {
    let maximum = match name {
        TransactionContext::AMOUNT => TransactionContext::MAXIMUM_AMOUNT_CHARACTERS,
        _ => TransactionContext::MAXIMUM_VALUE_CHARACTERS,
    };
    let name = || name.to_string();
    if let Some(position) = value.chars().position(distorts_text) {
        return Err(ContextError::Character { name: name(), position });
    }
    let lower = value.to_ascii_lowercase();
    if lower.contains("://") || lower.contains("www.") {
        return Err(ContextError::Link { name: name() });
    }
    if value.trim().is_empty() {
        return Err(ContextError::Blank { name: name() });
    }
    if value.chars().count() > maximum {
        return Err(ContextError::TooLong { name: name(), maximum });
    }
    Ok(())
}

/// Lengths here are bounded by the checks above, far below 2³².
fn put_number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend_from_slice(&(number as u32).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    fn fields() -> impl Strategy<Value = BTreeMap<String, String>> {
        prop::collection::btree_map("[a-c_-]{1,3}", "[a-c\0-\u{3}]{1,3}|[a-z]{1,5}", 1..4)
    }

    proptest! {
        #[test]
        fn different_transactions_never_have_the_same_bytes(a in fields(), b in fields()) {
            let pair = (TransactionContext::try_from(a), TransactionContext::try_from(b));
            if let (Ok(a), Ok(b)) = pair {
                prop_assert_eq!(a == b, a.canonical_bytes() == b.canonical_bytes());
            }
        }

        #[test]
        fn no_field_panics_and_every_accepted_one_survives_a_record(name in ".{0,40}", value in ".{0,160}") {
            if let Ok(context) = TransactionContext::new([(name, value)]) {
                let json = serde_json::to_string(&context).unwrap();
                prop_assert_eq!(&serde_json::from_str::<TransactionContext>(&json).unwrap(), &context);
                let bytes = postcard::to_allocvec(&context).unwrap();
                prop_assert_eq!(&postcard::from_bytes::<TransactionContext>(&bytes).unwrap(), &context);
            }
        }
    }

    #[test]
    fn moving_a_character_between_fields_changes_the_bytes() {
        let bytes =
            |fields: [(&str, &str); 2]| TransactionContext::new(fields).unwrap().canonical_bytes();
        assert_ne!(bytes([("a", "bc"), ("d", "e")]), bytes([("a", "b"), ("cd", "e")]));
        assert_ne!(bytes([("a", "b"), ("c", "d")]), bytes([("a", "bc"), ("c", "d")]));
    }

    #[test]
    fn a_payee_cannot_turn_or_break_what_the_payer_reads() {
        for (value, position) in [("Al\nice", 2), ("\u{202e}ecilA", 0), ("Alice\u{2028}", 5)] {
            let refused = TransactionContext::new([("payee", value)]).unwrap_err();
            assert_eq!(refused, ContextError::Character { name: "payee".into(), position });
        }
    }

    #[test]
    fn an_amount_under_another_spelling_of_its_name_is_refused_not_hidden() {
        assert_eq!(TransactionContext::new([("Amount", "5")]), Err(ContextError::Name));
    }

    #[test]
    fn debug_shows_neither_amount_nor_payee() {
        let context = TransactionContext::new([("amount", "5"), ("payee", "Alice")]).unwrap();
        assert_eq!(format!("{context:?}"), "TransactionContext(redacted, 2 fields)");
    }
}
