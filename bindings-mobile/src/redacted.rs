//! What holds a secret prints as redacted.

/// `Debug` and `Display` that show no more than the name, or what the expression says.
macro_rules! redacted {
    ($type:ident) => {
        redacted!($type, |_this| concat!(stringify!($type), "(redacted)"));
    };
    ($type:ident, |$this:ident| $shown:expr) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $this = self;
                write!(f, "{}", $shown)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self, f)
            }
        }
    };
}

pub(crate) use redacted;
