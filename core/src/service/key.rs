use core::{
    fmt::{self, Write as _},
    str::FromStr,
};

use uuid::Uuid;

use super::ServiceError;
use crate::ParameterError;

/// The account that owns domains: the tenant. Part of every storage key, so what
/// belongs to another account is simply not there.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct AccountId(pub [u8; 16]);

/// A domain: a named set of users of one account.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct DomainId(pub [u8; 16]);

/// A sent code awaiting verification.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct OtpId(pub [u8; 16]);

/// One message of a challenge, by the code in it: a resend has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct MessageId(pub [u8; 16]);

macro_rules! uuid_text {
    ($name:ident, $field:literal) => {
        impl $name {
            /// A new random (version 4) id from 16 random bytes.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes())
            }

            /// Reads the hyphenated form, in any case; nothing else. What can be no id
            /// is not looked for: it is a fault of the request, and not "not found".
            ///
            /// # Errors
            #[doc = concat!("[`ServiceError::Invalid`] for the field `", $field, "`.")]
            pub fn parse(text: &str) -> Result<Self, ServiceError> {
                text.parse().map_err(|error| ServiceError::invalid($field, error))
            }
        }

        #[doc = concat!("Reads what [`", stringify!($name), "::parse`] reads, for a field of any name.")]
        ///
        /// # Errors
        #[doc = concat!("[`ParameterError::", stringify!($name), "`].")]
        impl FromStr for $name {
            type Err = ParameterError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                hyphenated(text).map(Self).ok_or(ParameterError::$name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
            }
        }
    };
}

uuid_text!(AccountId, "account");
uuid_text!(DomainId, "domain");
uuid_text!(OtpId, "otp_id");

impl MessageId {
    /// The id of these bytes.
    ///
    /// # Errors
    /// [`ParameterError::MessageId`] unless there are 16.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParameterError> {
        bytes.try_into().map(Self).map_err(|_| ParameterError::MessageId)
    }
}

/// 32 hexadecimal digits in lower case.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

/// Reads 32 hexadecimal digits, in any case; nothing else.
///
/// ```
/// use keyfob::service::MessageId;
/// let id: MessageId = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// # Ok::<(), keyfob::ParameterError>(())
/// ```
impl FromStr for MessageId {
    type Err = ParameterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 32);
        id.map(|id| Self(id.into_bytes())).ok_or(ParameterError::MessageId)
    }
}

/// Where a record is stored: one byte that says what it is, then 32 bytes.
///
/// Accounts and domains stand in clear at the front, which keeps a domain's users
/// together; user ids, recipients and tickets appear only as keyed hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; Key::LENGTH]);

/// What a key leads to. The discriminant is stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyKind {
    /// A domain of an account.
    Domain = b'd',
    /// A user of a domain.
    User = b'u',
    /// An open enrolment, by its ticket.
    Ticket = b't',
    /// What is known of a recipient: failures, sends, live challenges.
    Recipient = b'r',
    /// A sent message, by its challenge.
    Envelope = b'e',
    /// A counter.
    Counter = b'c',
    /// A request that carries an idempotency key.
    KeyedRequest = b'i',
    /// A range of numbers that was stopped.
    Breaker = b'b',
    /// What an operator said of a number's SIM.
    SimSwap = b's',
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Domain,
        Self::User,
        Self::Ticket,
        Self::Recipient,
        Self::Envelope,
        Self::Counter,
        Self::KeyedRequest,
        Self::Breaker,
        Self::SimSwap,
    ];
}

impl Key {
    /// The length of every key in bytes.
    pub const LENGTH: usize = 33;

    /// A key from its kind and its two halves.
    pub fn new(kind: KeyKind, scope: [u8; 16], id: [u8; 16]) -> Self {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = kind as u8;
        bytes[1..17].copy_from_slice(&scope);
        bytes[17..].copy_from_slice(&id);
        Self(bytes)
    }

    /// The key of these bytes, as a store was given them; `None` if they are not as many.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What it leads to; `None` if that is of no kind that this version knows.
    pub fn kind(&self) -> Option<KeyKind> {
        KeyKind::ALL.into_iter().find(|kind| *kind as u8 == self.0[0])
    }

    /// How the stored keys of one kind and scope begin, such as those of the domains
    /// of an account: what to list by.
    pub fn prefix(kind: KeyKind, scope: [u8; 16]) -> [u8; 17] {
        let mut bytes = [kind as u8; 17];
        bytes[1..].copy_from_slice(&scope);
        bytes
    }

    /// The domain that a stored key leads to; `None` for a key of another kind.
    pub fn domain_id(stored: &[u8; Self::LENGTH]) -> Option<DomainId> {
        let is_domain = stored[0] == KeyKind::Domain as u8;
        stored.last_chunk().filter(|_| is_domain).copied().map(DomainId)
    }

    /// The bytes to store the record under.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Its bytes as 66 hexadecimal digits in lower case: the key of a store that takes texts.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}:", char::from(self.0[0]))?;
        for byte in &self.0[17..21] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}

#[inline(never)] // one for every id
fn hyphenated(text: &str) -> Option<[u8; 16]> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.map(Uuid::into_bytes)
}

fn hexadecimal(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.try_for_each(|nibble| f.write_char(char::from(DIGITS[usize::from(nibble & 15)])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    #[test]
    fn a_key_tells_what_it_leads_to() {
        /// A new kind does not compile until it is here, to be put into `ALL` too.
        fn place(kind: KeyKind) -> usize {
            match kind {
                KeyKind::Domain => 0,
                KeyKind::User => 1,
                KeyKind::Ticket => 2,
                KeyKind::Recipient => 3,
                KeyKind::Envelope => 4,
                KeyKind::Counter => 5,
                KeyKind::KeyedRequest => 6,
                KeyKind::Breaker => 7,
                KeyKind::SimSwap => 8,
            }
        }
        for (index, kind) in KeyKind::ALL.into_iter().enumerate() {
            assert_eq!(place(kind), index);
            assert_eq!(Key::new(kind, [1; 16], [2; 16]).kind(), Some(kind));
        }
        assert_eq!(Key([b'?'; Key::LENGTH]).kind(), None);
    }

    #[test]
    fn what_can_be_no_id_is_invalid() {
        let (id, text) = (OtpId([0xab; 16]), "abababab-abab-abab-abab-abababababab");
        assert_eq!(OtpId::parse(text), Ok(id));
        assert_eq!(OtpId::parse(&text.to_uppercase()), Ok(id));
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.to_string(), text);
        let simple = "ab".repeat(16);
        for other in ["", "x", &simple, &format!("{{{text}}}"), &format!("urn:uuid:{text}")] {
            assert_eq!(AccountId::parse(other).unwrap_err().code(), "invalid-account", "{other}");
            assert_eq!(DomainId::parse(other).unwrap_err().code(), "invalid-domain", "{other}");
            assert_eq!(OtpId::parse(other).unwrap_err().code(), "invalid-otp-id", "{other}");
            assert_eq!(other.parse::<AccountId>(), Err(ParameterError::AccountId), "{other}");
        }
    }

    #[test]
    fn a_message_is_named_by_thirty_two_hexadecimal_digits() {
        let id = MessageId([0x0a; 16]);
        assert_eq!(id.to_string(), "0a".repeat(16));
        assert_eq!("0A".repeat(16).parse(), Ok(id));
        assert_eq!(MessageId::from_bytes(&id.0), Ok(id));
        let (short, signed) = ("0".repeat(31), format!("+{}", "0".repeat(31)));
        for other in ["", "x", &short, &signed, &"0g".repeat(16), &"é".repeat(16)] {
            assert_eq!(other.parse::<MessageId>(), Err(ParameterError::MessageId), "{other}");
        }
        assert_eq!(MessageId::from_bytes(&[0; 15]), Err(ParameterError::MessageId));
    }

    #[test]
    fn a_key_is_written_whole() {
        let key = Key::new(KeyKind::User, [1; 16], [0xf0; 16]);
        assert_eq!(key.to_string(), ["75", &"01".repeat(16), &"f0".repeat(16)].concat());
    }

    #[test]
    fn what_lists_domains_finds_those_of_the_account_and_reads_their_ids() {
        let key = Key::new(KeyKind::Domain, [1; 16], [2; 16]);
        assert!(key.as_bytes().starts_with(&Key::prefix(KeyKind::Domain, [1; 16])));
        assert!(!key.as_bytes().starts_with(&Key::prefix(KeyKind::Domain, [2; 16])));
        assert!(!key.as_bytes().starts_with(&Key::prefix(KeyKind::User, [1; 16])));
        assert_eq!(Key::domain_id(key.as_bytes()), Some(DomainId([2; 16])));
        let user = Key::new(KeyKind::User, [1; 16], [2; 16]);
        assert_eq!(Key::domain_id(user.as_bytes()), None);
    }
}
