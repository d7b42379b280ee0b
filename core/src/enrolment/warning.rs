use core::fmt;

/// Something in a URI that was read all the same and deserves a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The secret is shorter than the 128 bits of RFC 4226 R6.
    ShortSecret {
        /// How long it is.
        bits: usize,
    },
    /// The label names another issuer than the parameter. The parameter was taken.
    IssuerMismatch,
    /// There is no account name.
    AccountMissing,
    /// A counter-based URI has no counter. Zero was taken.
    CounterMissing,
    /// Codes of so many digits are outside the 6 to 8 that keyfob makes.
    UnusualDigits {
        /// How many the URI asks for.
        digits: u8,
    },
    /// The period is outside the 1 to 120 seconds that keyfob uses.
    UnusualPeriod {
        /// How many seconds the URI asks for.
        seconds: u32,
    },
    /// A parameter holds a bare `+`. It was kept; some writers mean a space by it.
    PlusSign,
    /// Characters that a URI must percent-encode stand there bare.
    Unescaped,
    /// There is a fragment after the parameters. It was dropped.
    FragmentDropped,
    /// A parameter that has no meaning for this type. It was dropped.
    ParameterUnused(&'static str),
    /// Taken for a Steam account by its issuer alone.
    SteamAssumed,
    /// A Steam account asks for another algorithm, length or period than Steam's.
    /// Steam's were taken.
    SteamParameters,
}

impl Warning {
    stable_codes! {
        /// The stable kebab-case name of this warning, the same in every language.
        match self {
            Self::ShortSecret { .. } => "short-secret",
            Self::IssuerMismatch => "issuer-mismatch",
            Self::AccountMissing => "account-missing",
            Self::CounterMissing => "counter-missing",
            Self::UnusualDigits { .. } => "unusual-digits",
            Self::UnusualPeriod { .. } => "unusual-period",
            Self::PlusSign => "plus-sign",
            Self::Unescaped => "unescaped",
            Self::FragmentDropped => "fragment-dropped",
            Self::ParameterUnused(_) => "parameter-unused",
            Self::SteamAssumed => "steam-assumed",
            Self::SteamParameters => "steam-parameters",
        }
    }

    /// Whether strict reading refuses what this warns of. All but a short secret:
    /// that one is plain to read, and whether to use it is a policy.
    pub(super) const fn is_refused_by_strict_reading(self) -> bool {
        !matches!(self, Self::ShortSecret { .. })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::ShortSecret { bits } => {
                return write!(
                    f,
                    "the secret has only {bits} bits; ask the issuer for 128 or more"
                );
            }
            Self::UnusualDigits { digits } => {
                return write!(
                    f,
                    "keyfob makes codes of 6 to 8 digits, not {digits}; ask the issuer for 6"
                );
            }
            Self::UnusualPeriod { seconds } => {
                return write!(
                    f,
                    "keyfob uses periods of 1 to 120 seconds, not {seconds}; ask the issuer for 30"
                );
            }
            Self::ParameterUnused(name) => {
                return write!(
                    f,
                    "{name} has no meaning for this type and was dropped; check the type"
                );
            }
            Self::IssuerMismatch => {
                "the label names another issuer than the issuer parameter, which was taken; check whose it is"
            }
            Self::AccountMissing => {
                "there is no account name; give one so that users can tell accounts apart"
            }
            Self::CounterMissing => {
                "the counter is missing and 0 was taken; resynchronise if codes do not match"
            }
            Self::PlusSign => {
                "a + was kept as it stands; write %20 if a space was meant, %2B if not"
            }
            Self::Unescaped => "spaces and other characters stand there bare; percent-encode them",
            Self::FragmentDropped => {
                "what follows the # was dropped; write # as %23 if it belongs to a value"
            }
            Self::SteamAssumed => {
                "taken for a Steam account because of its issuer; write otpauth://steam/ or digits=6 to be plain"
            }
            Self::SteamParameters => {
                "Steam codes always have 5 characters, 30 seconds and SHA1; the other values were dropped"
            }
        };
        f.write_str(text)
    }
}
