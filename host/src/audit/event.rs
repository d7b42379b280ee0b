use std::fmt;

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident => $name:literal),+ $(,)?) => {
        /// What was done. A closed list: rows hold these names and no others.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditEvent {
            $($(#[$doc])* $event),+
        }

        impl AuditEvent {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$event),+];

            /// The stable kebab-case name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name),+
                }
            }
        }
    };
}

events! {
    /// An API key was made.
    KeyCreated => "key-created",
    /// An API key was revoked.
    KeyRevoked => "key-revoked",
    /// Requests came with keys that are mistyped, expired or revoked.
    KeyRefused => "key-refused",
    /// A domain was made.
    DomainCreated => "domain-created",
    /// The settings of a domain were changed.
    DomainChanged => "domain-changed",
    /// A user was made.
    UserCreated => "user-created",
    /// Users were imported.
    UsersImported => "users-imported",
    /// A user was deleted.
    UserDeleted => "user-deleted",
    /// A new enrolment was opened.
    EnrolmentOpened => "enrolment-opened",
    /// The first code of a new device was put forward.
    EnrolmentConfirmed => "enrolment-confirmed",
    /// A code of a device was put forward.
    DeviceCodeVerified => "device-code-verified",
    /// A code that had been sent was put forward.
    SentCodeVerified => "sent-code-verified",
    /// A code was to be sent.
    CodeSent => "code-sent",
    /// A code was to be sent once more.
    CodeResent => "code-resent",
    /// A challenge was cancelled.
    ChallengeCancelled => "challenge-cancelled",
    /// What is stored of a recipient was erased.
    RecipientErased => "recipient-erased",
    /// What is stored of a user was erased.
    UserErased => "user-erased",
    /// The database was restored from a backup.
    Restored => "restored",
    /// A sealing key was made.
    SealingKeyCreated => "sealing-key-created",
    /// All records came under the newest sealing key.
    RecordsResealed => "records-resealed",
    /// A sealing key was retired: nothing is written under it any more.
    SealingKeyRetired => "sealing-key-retired",
}

impl AuditEvent {
    /// The event of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
