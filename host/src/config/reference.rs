//! The page that describes every key, made of the types that read them.

use std::fmt::Write as _;

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use super::{
    AuditConfig, Channels, ConsoleConfig, Limits, ProviderConfig, RetentionConfig, WebhookLimits,
};
use crate::{
    delivery::{SmppConfig, SmtpConfig, TwilioCallsConfig, TwilioMessagesConfig, WebhookConfig},
    sim_swap::SimSwapConfig,
};

const INTRODUCTION: &str = "\
<!-- Made by `keyfob config reference`. To change it, change the types that read the keys. -->

# Configuration

Who carries messages, who tells of SIMs, and what is not to be sent, stands in a TOML file.
`keyfob serve` reads `keyfob.toml` in the folder it is started in, or the file that `--config` or
`KEYFOB_CONFIG` names. All else is an option of `keyfob serve`; `keyfob serve --help` lists them
with their variables. The file and the variables are read once, at the start: restart the service to
apply a change, and run `keyfob config check` before.

```toml
[channels]
email = [\"relay\", \"backup\"] # the first is preferred; the next is asked when it fails

[providers.relay]
kind = \"smtp\"
url = \"smtps://relay.example\"
from = \"Example Bank <codes@bank.example>\"

[providers.backup]
kind = \"webhook\"
url = \"https://gateway.bank.example/messages\"
secret = \"whsec_…\"
```

Every key can also be set by the environment, which wins over the file: `KEYFOB_`, then the key in
capitals with two underscores for each dot, such as `KEYFOB_PROVIDERS__RELAY__URL`. Passwords and
tokens belong there, or into a file that only the service can read. A list is written with commas:
`KEYFOB_CHANNELS__EMAIL=relay,backup`. Names of providers are lower-case. A variable that begins with
`KEYFOB_` and sets nothing, such as `KEYFOB_CHANNELS_EMAIL`, is an error; what begins like a limit
closes `[limits]`, as a key there does that is misspelt. Those that Kubernetes sets for a service
called `keyfob` are left alone.

`keyfob config check` prints what is effective, asks each provider whether it can be reached and the
operator for a token, and says what is wrong. Secrets are hidden, and of a URL the user, the query and
whatever in its path looks like a token. A provider that cannot be used is left out; the service
starts without it, and `/readyz` says so.

A provider that fails three times in a row rests: 5 seconds, and up to a minute if it goes on
failing. Meanwhile the next one is asked. One message then finds out whether it is back. The operator
of `[sim_swap]` rests likewise; meanwhile nothing is known of any SIM.
";

/// The page, in Markdown.
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    section::<Channels>(&mut page, "## `[channels]`", "KEYFOB_CHANNELS__");
    section::<Limits>(&mut page, "## `[limits]`", "KEYFOB_LIMITS__");
    page += "\n## `[providers.NAME]`\n\nEach provider has a name of your choice, and a `kind`.\n";
    for kind in ProviderConfig::KINDS {
        let title = format!("### `kind = \"{kind}\"`");
        let variables = "KEYFOB_PROVIDERS__NAME__";
        match kind {
            "smtp" => section::<SmtpConfig>(&mut page, &title, variables),
            "smpp" => section::<SmppConfig>(&mut page, &title, variables),
            "webhook" => section::<WebhookConfig>(&mut page, &title, variables),
            "twilio-calls" => section::<TwilioCallsConfig>(&mut page, &title, variables),
            _ => section::<TwilioMessagesConfig>(&mut page, &title, variables),
        }
    }
    section::<WebhookLimits>(&mut page, "## `[webhooks]`", "KEYFOB_WEBHOOKS__");
    section::<RetentionConfig>(&mut page, "## `[retention]`", "KEYFOB_RETENTION__");
    section::<AuditConfig>(&mut page, "## `[audit]`", "KEYFOB_AUDIT__");
    section::<ConsoleConfig>(&mut page, "## `[console]`", "KEYFOB_CONSOLE__");
    section::<SimSwapConfig>(&mut page, "## `[sim_swap]`", "KEYFOB_SIM_SWAP__");
    page
}

fn section<T: JsonSchema>(page: &mut String, title: &str, variables: &str) {
    let schema = schema_for!(T).to_value();
    let keys = schema["properties"].as_object().into_iter().flatten();
    let _ = write!(page, "\n{title}\n\n{}\n\n", line(&schema["description"]));
    page.push_str("| key | needed | meaning | variable |\n|---|---|---|---|\n");
    for (key, of) in keys {
        let (meaning, variable) = (line(&of["description"]), key.to_uppercase());
        let needed = needed(&schema, key, of);
        let _ = writeln!(page, "| `{key}` | {needed} | {meaning} | `{variables}{variable}` |");
    }
}

fn needed(schema: &Value, key: &str, of: &Value) -> String {
    let required = schema["required"].as_array();
    if required.is_some_and(|required| required.iter().any(|name| name == key)) {
        return "yes".to_owned();
    }
    match &of["default"] {
        Value::String(default) if default.is_empty() => "no".to_owned(),
        Value::String(default) => format!("no: `{default}`"),
        Value::Array(default) if default.is_empty() => "no".to_owned(),
        default @ (Value::Number(_) | Value::Array(_) | Value::Bool(_)) => {
            format!("no: `{default}`")
        }
        _ => "no".to_owned(),
    }
}

/// A comment's lines as one.
fn line(text: &Value) -> String {
    text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn the_page_in_docs_is_the_one_that_the_code_makes() {
        let page = include_str!("../../../docs/configuration.md");
        let made = reference();
        assert!(page == made, "run `keyfob config reference >docs/configuration.md`");
    }
}
