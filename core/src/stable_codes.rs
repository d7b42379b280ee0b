//! Stable names, declared once.

/// Makes `code()`, the stable name of a value, and `codes()`, all names that it may
/// give, from one list of variants: neither can be forgotten for a new one. Variants
/// that have the name of what they hold stand behind `else`, with its type.
macro_rules! stable_codes {
    (
        $(#[$doc:meta])*
        match self { $($(#[$gate:meta])* $pattern:pat => $code:literal,)* }
        $(else { $($(#[$condition:meta])* $holder:pat => $held:ident: $type:ty,)+ })?
    ) => {
        $(#[$doc])*
        pub const fn code(&self) -> &'static str {
            match self {
                $($(#[$gate])* $pattern => $code,)*
                $($($(#[$condition])* $holder => $held.code(),)+)?
            }
        }

        /// Every name that [`code`](Self::code) may give.
        pub fn codes() -> impl Iterator<Item = &'static str> {
            const OWN: &[&str] = &[$($(#[$gate])* $code),*];
            let codes = OWN.iter().copied();
            $($($(#[$condition])* let codes = codes.chain(<$type>::codes());)+)?
            codes
        }
    };
}

/// Has a closed set of values, all in `ALL`, written as the name that this method gives, and
/// read from it: from exactly that, or else it is this error.
macro_rules! stable_words {
    ($type:ty, $name:ident, $error:expr) => {
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.$name())
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::ParameterError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|one| one.$name() == text).ok_or($error)
            }
        }
    };
}

#[cfg(all(test, feature = "service"))]
mod tests {
    use alloc::{format, string::ToString};
    use core::{fmt::Debug, str::FromStr};

    use crate::{
        Alphabet, ParameterError,
        enrolment::{ErrorCorrection, Mode},
        service::{DeliveryState, Receipt, SimSwap, SimSwapAction},
    };

    #[test]
    fn a_word_is_read_as_it_is_written_and_in_no_other_way() {
        fn check<T>(all: &[T], error: &str)
        where
            T: FromStr<Err = ParameterError> + ToString + PartialEq + Debug,
        {
            for one in all {
                let word = one.to_string();
                assert_eq!(word.parse().as_ref(), Ok(one));
                for other in ["", &word.to_uppercase(), &word[1..], &format!("{word} ")] {
                    assert_eq!(other.parse::<T>().unwrap_err().code(), error, "{other}");
                }
            }
        }
        check(&Alphabet::ALL, "invalid-alphabet");
        check(&ErrorCorrection::ALL, "invalid-error-correction");
        check(&Mode::ALL, "invalid-mode");
        check(&DeliveryState::ALL, "invalid-delivery-state");
        check(&Receipt::ALL, "invalid-receipt");
        check(&SimSwap::ALL, "invalid-sim-swap");
        check(&SimSwapAction::ALL, "invalid-sim-swap-action");
    }
}
