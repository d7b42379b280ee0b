//! Stable names, declared once.

/// Makes `code()`, the stable name of a value, and `codes()`, all names that it may
/// give, from one list of variants: neither can be forgotten for a new one. Variants
/// that have the name of what they hold stand behind `else`, with its type.
macro_rules! stable_codes {
    (
        $(#[$doc:meta])*
        match self { $($pattern:pat => $code:literal,)* }
        $(else { $($(#[$condition:meta])* $holder:pat => $held:ident: $type:ty,)+ })?
    ) => {
        $(#[$doc])*
        pub const fn code(&self) -> &'static str {
            match self {
                $($pattern => $code,)*
                $($($(#[$condition])* $holder => $held.code(),)+)?
            }
        }

        /// Every name that [`code`](Self::code) may give.
        pub fn codes() -> impl Iterator<Item = &'static str> {
            const OWN: &[&str] = &[$($code),*];
            let codes = OWN.iter().copied();
            $($($(#[$condition])* let codes = codes.chain(<$type>::codes());)+)?
            codes
        }
    };
}
