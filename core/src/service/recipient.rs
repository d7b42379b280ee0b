use alloc::string::{String, ToString};
use core::{error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How a code travels to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message to a phone.
    Sms,
    /// A phone call in which the code is read out.
    Voice,
    /// An email.
    Email,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Voice, Self::Email];

    /// The name it has in requests and records: `sms`, `voice` or `email`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
        }
    }

    /// Whether a message on it comes to whoever holds the SIM.
    pub const fn uses_sim(self) -> bool {
        match self {
            Self::Sms | Self::Voice => true,
            Self::Email => false,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sms" => Ok(Self::Sms),
            "voice" => Ok(Self::Voice),
            "email" => Ok(Self::Email),
            _ => Err(RecipientError::Channel),
        }
    }
}

/// Somebody a code can be sent to.
///
/// ```
/// use keyfob::service::{Channel, Recipient};
/// let recipient = Recipient::parse(Channel::Sms, "+447700900121")?;
/// assert_eq!(recipient.masked(), "+44••••••••21");
/// assert!(Recipient::parse(Channel::Email, "+447700900121").is_err());
/// # Ok::<(), keyfob::service::RecipientError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipient {
    /// Somebody with a phone, for [`Channel::Sms`] and [`Channel::Voice`].
    Phone(Phone),
    /// Somebody with a mailbox, for [`Channel::Email`].
    Email(Email),
}

impl Recipient {
    /// Reads the recipient of a message on `channel`.
    ///
    /// # Errors
    /// As [`Phone::parse`] and [`Email::parse`].
    pub fn parse(channel: Channel, text: &str) -> Result<Self, RecipientError> {
        match channel {
            Channel::Sms | Channel::Voice => Phone::parse(text).map(Self::Phone),
            Channel::Email => Email::parse(text).map(Self::Email),
        }
    }

    /// Reads a recipient of either kind: an email address if there is an `@` in it.
    ///
    /// # Errors
    /// As [`Phone::parse`] and [`Email::parse`].
    pub fn parse_any(text: &str) -> Result<Self, RecipientError> {
        let channel = if text.contains('@') { Channel::Email } else { Channel::Sms };
        Self::parse(channel, text)
    }

    /// Whether a message on `channel` can reach this recipient.
    pub fn is_reachable_by(&self, channel: Channel) -> bool {
        matches!(self, Self::Email(_)) == (channel == Channel::Email)
    }

    /// This and another recipient of one person, the one that `first` reaches before the other:
    /// limits and wrong codes are those of whom a request's first channel reaches.
    #[must_use]
    pub fn ordered_with(self, other: Self, first: Channel) -> (Self, Self) {
        if self.is_reachable_by(first) { (self, other) } else { (other, self) }
    }

    /// The number, if it is one.
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Email(_) => None,
        }
    }

    /// The form to send to.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// The form that limits are keyed by: the number as it is, an email address
    /// wholly in lower case, so that no spelling of one mailbox has its own limit.
    pub fn canonical(&self) -> String {
        match self {
            Self::Phone(phone) => phone.0.clone(),
            Self::Email(email) => email.0.to_ascii_lowercase(),
        }
    }

    /// A form to show to people who may know the recipient but must not learn it:
    /// `+44••••••••21`, `j•••@e•••.com`.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Email(email) => email.masked(),
        }
    }
}

/// A phone number in the international form of ITU-T E.164: `+`, then 5 to 15
/// digits of which the first is not zero. Nothing else is read as a number, so
/// that one phone has one spelling and one set of limits.
///
/// `Debug` shows its last two digits only.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads `+447700900121`. Spaces, brackets and national forms are refused.
    ///
    /// # Errors
    /// [`RecipientError::PhoneFormat`] and [`RecipientError::PhoneLength`].
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let digits = text.strip_prefix('+').ok_or(RecipientError::PhoneFormat)?;
        if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RecipientError::PhoneFormat);
        }
        if !(5..=15).contains(&digits.len()) {
            return Err(RecipientError::PhoneLength);
        }
        Ok(Self(text.to_string()))
    }

    /// The number, `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The E.164 country code with its `+`: what limits per country are keyed by.
    /// Countries that share a code (`+1`, `+7`) share the answer.
    pub fn country_code(&self) -> &str {
        &self.0[..=country_code_digits(self.0.as_bytes())]
    }

    fn masked(&self) -> String {
        const FEWEST_HIDDEN: usize = 4;
        let ending = self.last_two_digits();
        let open = self.country_code();
        let hidden = self.0.len() - open.len() - ending.len();
        let (open, hidden) =
            if hidden < FEWEST_HIDDEN { ("+", self.0.len() - 3) } else { (open, hidden) };
        [open, &"•".repeat(hidden), ending].concat()
    }

    fn last_two_digits(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(…{})", self.last_two_digits())
    }
}

impl FromStr for Phone {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Phone {
    type Error = RecipientError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// An email address, in the plain form that nearly every address has: an RFC 5322
/// dot-atom, `@`, and a domain name of two labels or more, all ASCII. Quoted names, comments,
/// address literals and anything that could end a header are refused.
///
/// The domain is kept in lower case, the local part as given. `Debug` is redacted.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The longest address a mail server must take (RFC 5321 §4.5.3.1.3 less the
    /// angle brackets), in bytes.
    pub const MAXIMUM_BYTES: usize = 254;
    /// The longest local part, in bytes (RFC 5321 §4.5.3.1.1).
    pub const MAXIMUM_LOCAL_BYTES: usize = 64;

    /// Reads `name@example.com`.
    ///
    /// # Errors
    /// [`RecipientError::EmailFormat`] and [`RecipientError::EmailLength`].
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let (local, domain) = text.split_once('@').ok_or(RecipientError::EmailFormat)?;
        if text.len() > Self::MAXIMUM_BYTES || local.len() > Self::MAXIMUM_LOCAL_BYTES {
            return Err(RecipientError::EmailLength);
        }
        let domain = domain.to_ascii_lowercase();
        if !is_dot_atom(local) || !is_domain_name(&domain) {
            return Err(RecipientError::EmailFormat);
        }
        Ok(Self([local, "@", &domain].concat()))
    }

    /// The address to send to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let (name, top) = domain.rsplit_once('.').unwrap_or((domain, ""));
        [first_letter(local), "•••@", first_letter(name), "•••.", top].concat()
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

impl FromStr for Email {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = RecipientError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Why a channel or a recipient could not be read. Never carries any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecipientError {
    /// The channel is none of `sms`, `voice`, `email`.
    Channel,
    /// Not `+` and digits, or the first digit is zero.
    PhoneFormat,
    /// Fewer than 5 or more than 15 digits.
    PhoneLength,
    /// No number of any country begins and is as long as this.
    PhoneImpossible,
    /// Not a plain address, `name@example.com`.
    EmailFormat,
    /// The address has more than 254 bytes, or more than 64 before the `@`.
    EmailLength,
}

impl RecipientError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Channel => "unknown-channel",
            Self::PhoneFormat => "phone-format",
            Self::PhoneLength => "phone-length",
            Self::PhoneImpossible => "phone-impossible",
            Self::EmailFormat => "email-format",
            Self::EmailLength => "email-length",
        }
    }
}

impl fmt::Display for RecipientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channel => "the channel must be sms, voice or email",
            Self::PhoneFormat => {
                "write the phone number as + and the country code, then digits only, like +447700900121"
            }
            Self::PhoneLength => {
                "the phone number must have 5 to 15 digits, the country code included"
            }
            Self::PhoneImpossible => {
                "there is no such phone number: check the country code, and the number for a missing, doubled or extra digit"
            }
            Self::EmailFormat => {
                "write the email address plainly, like name@example.com; a domain with other than ASCII letters in its xn-- form"
            }
            Self::EmailLength => {
                "use an email address of at most 254 bytes, with at most 64 before the @"
            }
        })
    }
}

impl error::Error for RecipientError {}

/// Whether `name` is a lower-case DNS name of two labels or more whose last label
/// is no number (RFC 1123 §2.1), so neither an address nor a local name.
pub(super) fn is_domain_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let Some((_, top)) = name.rsplit_once('.') else { return false };
    name.len() <= 253
        && name.split('.').all(is_label)
        && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 5322 §3.2.3, without the `!` and `%` that once routed mail onwards, and without what begins an
/// encoded word (RFC 2047 §2): a library that writes headers may decode it, and one mailbox would be
/// as many recipients as there are ways to encode it, each with limits of its own.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"#$&'*+-/=?^_`{|}~".contains(&b))
    };
    local.split('.').all(is_atom) && !local.contains("=?")
}

/// The first character, or none when that would be the whole.
fn first_letter(text: &str) -> &str {
    if text.len() > 1 { text.get(..1).unwrap_or("") } else { "" }
}

/// How many digits the country code has: one in zones 1 and 7, two for the codes
/// listed, three for all others (ITU-T E.164 and its list of assigned codes).
fn country_code_digits(number: &[u8]) -> usize {
    match (number[1], number[2]) {
        (b'1' | b'7', _) => 1,
        (b'2', b'0' | b'7')
        | (b'3', b'0'..=b'4' | b'6' | b'9')
        | (b'4', b'0' | b'1' | b'3'..=b'9')
        | (b'5', b'1'..=b'8')
        | (b'6', b'0'..=b'6')
        | (b'8', b'1' | b'2' | b'4' | b'6')
        | (b'9', b'0'..=b'5' | b'8') => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_shows_no_more_than_its_ends(text in "\\PC{0,40}|\\+[0-9]{0,20}|[a-zA-Z.@+-]{0,40}") {
            for channel in [Channel::Sms, Channel::Voice, Channel::Email] {
                if let Ok(recipient) = Recipient::parse(channel, &text) {
                    prop_assert!(recipient.is_reachable_by(channel));
                    prop_assert!(recipient.masked().matches('•').count() >= 3);
                    let debug = format!("{recipient:?}");
                    prop_assert!(!debug.contains(recipient.as_str()));
                    prop_assert_eq!(Recipient::parse(channel, &recipient.canonical()).unwrap().canonical(), recipient.canonical());
                }
            }
        }

        #[test]
        fn a_record_never_revives_a_recipient_that_parsing_refuses(text in "\\PC{0,20}") {
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<Phone>(&quoted).is_ok(), Phone::parse(&text).is_ok());
            prop_assert_eq!(serde_json::from_str::<Email>(&quoted).is_ok(), Email::parse(&text).is_ok());
        }
    }

    #[test]
    fn one_mailbox_has_one_limit_however_it_is_spelled() {
        let one = Recipient::parse(Channel::Email, "Jo.Doe@Example.COM").unwrap();
        let other = Recipient::parse(Channel::Email, "jo.doe@example.com").unwrap();
        assert_eq!(one.canonical(), other.canonical());
        assert_eq!(one.as_str(), "Jo.Doe@example.com"); // the local part is the mail server's to read
    }

    #[test]
    fn masking_hides_short_numbers_and_names_wholly() {
        let masked = |channel, text| Recipient::parse(channel, text).unwrap().masked();
        assert_eq!(masked(Channel::Sms, "+35312"), "+•••12");
        assert_eq!(masked(Channel::Sms, "+12025550123"), "+1••••••••23");
        assert_eq!(masked(Channel::Voice, "+353861234567"), "+353•••••••67");
        assert_eq!(masked(Channel::Email, "j@x.com"), "•••@•••.com");
        assert_eq!(masked(Channel::Email, "jo@mail.example.co.uk"), "j•••@m•••.uk");
    }

    #[test]
    fn debug_gives_away_two_digits_of_a_number_and_nothing_of_an_address() {
        let phone = Recipient::parse(Channel::Sms, "+447700900121").unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(Phone(…21))");
        let email = Recipient::parse(Channel::Email, "jo@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(Email(redacted))");
    }

    #[test]
    fn recipients_and_channels_keep_their_names_in_records() {
        let phone = Recipient::parse(Channel::Sms, "+447700900121").unwrap();
        let json = serde_json::to_string(&(Channel::Voice, &phone)).unwrap();
        assert_eq!(json, r#"["voice",{"phone":"+447700900121"}]"#);
        let bytes = postcard::to_allocvec(&phone).unwrap();
        assert_eq!(postcard::from_bytes::<Recipient>(&bytes).unwrap(), phone);
        assert_eq!("SMS".parse::<Channel>(), Err(RecipientError::Channel));
        for channel in [Channel::Sms, Channel::Voice, Channel::Email] {
            assert_eq!(channel.name().parse(), Ok(channel));
        }
    }
}
