use alloc::vec::Vec;
use core::fmt;

use super::{Enrolment, Kind};
use crate::Algorithm;

/// An app that would refuse or misread an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incompatibility {
    /// The app's name.
    pub app: &'static str,
    /// What it does.
    pub effect: Effect,
}

/// What an app does to an enrolment that it does not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Uses SHA-1 all the same: every code is wrong.
    AlgorithmIgnored,
    /// Uses 30 seconds all the same: most codes are wrong.
    PeriodIgnored,
    /// Refuses so short a secret.
    SecretRefused,
    /// Refuses such a period.
    PeriodRefused,
    /// Refuses codes of such a length.
    DigitsRefused,
    /// Refuses so large a counter.
    CounterRefused,
    /// Refuses a name with a colon in it.
    ColonRefused,
    /// Shows issuer and account as one name.
    NamesJoined,
    /// Shows another name, or reads the parameters wrongly.
    NameChanged,
}

impl Incompatibility {
    /// The stable kebab-case name of the effect, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self.effect {
            Effect::AlgorithmIgnored => "algorithm-ignored",
            Effect::PeriodIgnored => "period-ignored",
            Effect::SecretRefused => "secret-refused",
            Effect::PeriodRefused => "period-refused",
            Effect::DigitsRefused => "digits-refused",
            Effect::CounterRefused => "counter-refused",
            Effect::ColonRefused => "colon-refused",
            Effect::NamesJoined => "names-joined",
            Effect::NameChanged => "name-changed",
        }
    }
}

impl fmt::Display for Incompatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::AlgorithmIgnored => "uses SHA1 whatever the URI says; choose SHA1",
            Effect::PeriodIgnored => "uses 30 seconds whatever the URI says; choose 30",
            Effect::SecretRefused => "refuses secrets under 128 bits; use a longer one",
            Effect::PeriodRefused => "refuses this period; choose 30",
            Effect::DigitsRefused => "refuses codes of this length; choose 6",
            Effect::CounterRefused => "refuses this counter; start at 0",
            Effect::ColonRefused => "refuses names with a colon; leave it out",
            Effect::NamesJoined => "shows issuer and account as one name; leave colons out of both",
            Effect::NameChanged => "misreads #, % and & in names; leave them out",
        };
        write!(f, "{} {effect}", self.app)
    }
}

impl Enrolment {
    /// The apps that would refuse or misread this enrolment, as far as their code
    /// or documentation tells: 2FAS, Aegis and `FreeOTP` by their source, the others
    /// by their makers' and users' reports.
    ///
    /// ```
    /// use keyfob::enrolment::{Enrolment, Mode};
    /// let uri = "otpauth://totp/Acme:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256";
    /// let enrolment = Enrolment::parse(uri, Mode::Strict)?.enrolment;
    /// let found = enrolment.compatibility();
    /// assert_eq!(found[0].app, "Google Authenticator (Android)");
    /// assert_eq!(found[0].code(), "algorithm-ignored");
    /// # Ok::<(), keyfob::enrolment::UriError>(())
    /// ```
    pub fn compatibility(&self) -> Vec<Incompatibility> {
        let applies = TABLE.iter().filter(|(_, _, concerns)| concerns(self));
        applies.map(|&(app, effect, _)| Incompatibility { app, effect }).collect()
    }

    fn has_other_algorithm(&self) -> bool {
        self.algorithm() != Algorithm::Sha1
    }

    fn names_hold(&self, characters: &[char]) -> bool {
        self.account().contains(characters)
            || self.issuer().is_some_and(|name| name.contains(characters))
    }
}

const GOOGLE: &str = "Google Authenticator (Android)";

/// An app, what it does, and to which enrolments.
type Row = (&'static str, Effect, fn(&Enrolment) -> bool);

const TABLE: &[Row] = &[
    (GOOGLE, Effect::AlgorithmIgnored, Enrolment::has_other_algorithm),
    ("Microsoft Authenticator", Effect::AlgorithmIgnored, Enrolment::has_other_algorithm),
    ("Authy", Effect::AlgorithmIgnored, Enrolment::has_other_algorithm),
    ("Duo Mobile", Effect::AlgorithmIgnored, Enrolment::has_other_algorithm),
    ("LastPass Authenticator", Effect::AlgorithmIgnored, Enrolment::has_other_algorithm),
    (
        GOOGLE,
        Effect::PeriodIgnored,
        |it| matches!(it.kind(), Kind::Totp { period } if period != 30),
    ),
    ("FreeOTP", Effect::SecretRefused, |it| it.secret().is_short()),
    ("FreeOTP", Effect::PeriodRefused, |it| matches!(it.kind(), Kind::Totp { period: ..5 })),
    ("FreeOTP", Effect::DigitsRefused, |it| {
        it.kind() != Kind::Steam && !(6..=9).contains(&it.digits())
    }),
    (
        "FreeOTP",
        Effect::CounterRefused,
        |it| matches!(it.kind(), Kind::Hotp { counter } if counter > i64::MAX as u64),
    ),
    ("FreeOTP", Effect::ColonRefused, |it| it.names_hold(&[':'])),
    ("Aegis", Effect::NamesJoined, |it| it.names_hold(&[':'])),
    (
        "Aegis",
        Effect::PeriodRefused,
        |it| matches!(it.kind(), Kind::Totp { period } if period > 2_147_483),
    ),
    ("2FAS", Effect::NamesJoined, |it| it.names_hold(&[':'])),
    ("2FAS", Effect::NameChanged, |it| it.names_hold(&['#', '%', '&'])), // decodes first, splits later
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use alloc::format;

    fn alice() -> Enrolment {
        Enrolment::totp("alice", Secret::from_bytes([7; 20]).unwrap()).unwrap()
    }

    fn found(enrolment: &Enrolment) -> Vec<(&'static str, &'static str)> {
        enrolment.compatibility().iter().map(|it| (it.app, it.code())).collect()
    }

    #[test]
    fn the_defaults_are_read_by_every_app() {
        assert_eq!(found(&alice().with_issuer("Acme").unwrap()), []);
    }

    #[test]
    fn each_departure_names_the_apps_that_stumble() {
        let short = Enrolment::totp("alice", Secret::from_bytes([7; 10]).unwrap()).unwrap();
        assert_eq!(found(&short), [("FreeOTP", "secret-refused")]);
        let colon = alice().with_issuer("a:b").unwrap();
        assert_eq!(
            found(&colon),
            [("FreeOTP", "colon-refused"), ("Aegis", "names-joined"), ("2FAS", "names-joined")]
        );
        let ampersand = alice().with_issuer("A & B").unwrap();
        assert_eq!(found(&ampersand), [("2FAS", "name-changed")]);
        let spent = Enrolment::hotp("alice", Secret::from_bytes([7; 20]).unwrap(), u64::MAX);
        assert_eq!(found(&spent.unwrap()), [("FreeOTP", "counter-refused")]);
    }

    #[test]
    fn the_text_names_the_app_and_what_to_do() {
        let found = alice().with_issuer("100%").unwrap().compatibility();
        assert_eq!(format!("{}", found[0]), "2FAS misreads #, % and & in names; leave them out");
    }
}
