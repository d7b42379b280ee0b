use std::sync::Arc;

use keyfob::{EntropyUnavailable, Error, Zeroizing};

use crate::{
    error::{KeyfobError, invalid},
    number::size,
    redacted::redacted,
};

/// The secret that a credential's owner and its verifier share.
///
/// It is wiped from memory when closed or collected, prints as redacted, and leaves only
/// through the methods whose names say so.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Secret(pub(crate) keyfob::Secret);

#[uniffi::export]
impl Secret {
    /// A new secret of 160 bits, or of as many bytes as are asked for: 16 to 256.
    #[uniffi::constructor(default(bytes = None))]
    pub fn generate(bytes: Option<i32>) -> Result<Self, KeyfobError> {
        let made = match bytes {
            None => keyfob::Secret::generate(&mut entropy).map_err(Error::from),
            Some(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or_default();
                keyfob::Secret::generate_sized(&mut entropy, bytes)
            }
        };
        made.map(Self).map_err(invalid("bytes"))
    }

    /// Reads base32 as people write it: in any case, with spaces and hyphens anywhere, padded
    /// or not.
    #[uniffi::constructor]
    pub fn from_base32(text: String) -> Result<Self, KeyfobError> {
        let text = Zeroizing::new(text);
        keyfob::Secret::from_base32(&text).map(Self).map_err(invalid("text"))
    }

    /// Takes raw bytes, 1 to 256 of them.
    #[uniffi::constructor]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KeyfobError> {
        keyfob::Secret::from_bytes(bytes).map(Self).map_err(invalid("bytes"))
    }

    /// Upper-case base32 without padding, the form that enrolment URIs carry. Keep it out of
    /// logs.
    pub fn expose_base32(&self) -> String {
        self.0.expose_base32().to_string()
    }

    /// The raw bytes. Keep them out of logs.
    pub fn expose_bytes(&self) -> Vec<u8> {
        self.0.expose_bytes().to_vec()
    }

    /// The length in bits.
    pub fn bits(&self) -> i32 {
        size(self.0.bits())
    }

    /// Whether it is shorter than keyfob would ever make (128 bits). Many sites still give 80
    /// bits; they are usable, and worth a warning.
    pub fn is_short(&self) -> bool {
        self.0.is_short()
    }

    /// Whether both are the same, compared in constant time.
    pub fn is_same_as(&self, other: Arc<Self>) -> bool {
        self.0 == other.0
    }
}

redacted!(Secret, |this| format_args!("{:?}", this.0));

/// A text that is worth hiding: an enrolment URI, a ticket, a message with a code in it. It
/// prints as redacted and is wiped when closed or collected.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct SecretText(Zeroizing<String>);

#[uniffi::export]
impl SecretText {
    /// The text. Keep it out of logs.
    pub fn expose(&self) -> String {
        self.0.to_string()
    }
}

redacted!(SecretText);

impl SecretText {
    pub(crate) fn new(text: &str) -> Arc<Self> {
        Arc::new(Self(Zeroizing::new(text.to_owned())))
    }
}

/// The operating system's random bytes.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
}
