use keyfob::service::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problem, list, written::quoted_text};

/// Who sees what on the page `/console`. Every account sees its own figures there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// The accounts that see how providers do, besides: those of who runs the service, such
    /// as `["8e2b…"]`. `keyfob key list` shows each key's account, and so does the page.
    #[serde(deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub operators: Vec<String>,
}

impl ConsoleConfig {
    /// The accounts of `operators`.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.operators.iter().filter_map(|text| AccountId::parse(text).ok()) // checked as it was read
    }

    /// Without what is no account.
    pub(super) fn checked(mut self, problems: &mut Vec<Problem>) -> Self {
        let is_wrong = |text: &mut String| AccountId::parse(text).is_err();
        let wrong = self.operators.extract_if(.., is_wrong);
        let wrong: Vec<_> = wrong.map(|text| quoted_text(&text)).collect();
        if !wrong.is_empty() {
            let text = format!(
                "no account: {}; write its UUID, as `keyfob key list` shows it",
                wrong.join(", ")
            );
            problems.push(Problem::new("console.operators", text));
        }
        self
    }
}
