use std::collections::BTreeMap;

use keyfob::{
    ParameterError,
    service::{AccountId, RetentionPolicy, ServicePolicy},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problem, written::quoted_text};

/// How long what is personal is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// After how many hours a message and its challenge are forgotten, with the number or
    /// address: 1 to 24. 24 if not given.
    pub hours: u16,
    /// Hours of their own for accounts, by their ids, such as
    /// `"6c1f3c0e-0000-4000-8000-000000000000" = 1` in a table `[retention.accounts]`.
    #[schemars(with = "BTreeMap<String, u16>")]
    pub accounts: BTreeMap<String, u16>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { hours: RetentionPolicy::MAXIMUM_HOURS, accounts: BTreeMap::new() }
    }
}

impl RetentionConfig {
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.policy().map(drop)
    }

    /// The policy, or what is wrong with it.
    fn policy(&self) -> Result<RetentionPolicy, Problem> {
        let wrong = |at: String, hours: u16| {
            move |error: ParameterError| Problem::new(at, format!("{hours}: {error}"))
        };
        let everybody = RetentionPolicy::new(self.hours)
            .map_err(wrong("retention.hours".to_owned(), self.hours))?;
        self.accounts.iter().try_fold(everybody, |policy, (id, hours)| {
            let Ok(account) = AccountId::parse(id) else {
                let text = format!(
                    "{}: an account's id has the form 00000000-0000-4000-8000-000000000000",
                    quoted_text(id)
                );
                return Err(Problem::new("retention.accounts", text));
            };
            let at = format!("retention.accounts.{account}");
            policy.with_account(account, *hours).map_err(wrong(at, *hours))
        })
    }

    /// Puts it into a service's policy. What cannot be used was told as a problem, and then
    /// nothing of it is in force.
    pub fn apply(&self, policy: &mut ServicePolicy) {
        policy.retention = self.policy().unwrap_or_default();
    }
}

/// What the audit trail has, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Whether each code that was put forward has a row, whatever came of it. About 150 bytes
    /// each; all else is written in any case.
    pub verifications: bool,
    /// After how many days rows are cut: 1 to 3650. 90 if not given.
    pub days: u32,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { verifications: true, days: 90 }
    }
}

impl AuditConfig {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let is_permitted = (1..=3_650).contains(&self.days);
        let text = || format!("{}: write 1 to 3650", self.days);
        if is_permitted { Ok(()) } else { Err(Problem::new("audit.days", text())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const ACCOUNT: &str = "6c1f3c0e-0000-4000-8000-000000000000";

    fn read(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyfob.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(Some(&file), []).unwrap()
    }

    fn retention(config: &Config) -> (u64, u64) {
        let mut policy = ServicePolicy::default();
        config.retention.apply(&mut policy);
        let account = AccountId::parse(ACCOUNT).unwrap();
        (policy.retention.seconds_for(AccountId([1; 16])), policy.retention.seconds_for(account))
    }

    #[test]
    fn an_account_can_have_hours_of_its_own() {
        let config = read(&format!("[retention]\nhours = 12\n[retention.accounts]\n{ACCOUNT} = 1"));
        assert_eq!((retention(&config), config.problems), ((12 * 3_600, 3_600), vec![]));
        assert_eq!(retention(&read("")), (86_400, 86_400));
    }

    #[test]
    fn what_would_keep_for_longer_or_not_at_all_is_named_and_not_in_force() {
        for (text, at) in [
            ("[retention]\nhours = 25", "retention.hours"),
            ("[retention]\nhours = 0", "retention.hours"),
            ("[retention.accounts]\nann = 1", "retention.accounts"),
            (
                &format!("[retention.accounts]\n{ACCOUNT} = 25"),
                &format!("retention.accounts.{ACCOUNT}"),
            ),
            ("[audit]\ndays = 0", "audit.days"),
            ("[audit]\nday = 1", "audit"),
        ] {
            let config = read(text);
            assert_eq!(config.problems.first().map(|problem| &*problem.at), Some(at), "{text}");
            assert_eq!((retention(&config), config.audit.days), ((86_400, 86_400), 90));
        }
        assert_eq!(
            read("[audit]\nverifications = false\ndays = 7").audit,
            AuditConfig { verifications: false, days: 7 }
        );
    }
}
