//! The variables of the environment that begin with `KEYFOB_`: those that set a key, those that
//! are options of the command line, and those that somebody thinks do something.

use config::Environment;
use schemars::{JsonSchema, schema_for};

use super::{
    AuditConfig, Channels, ConsoleConfig, Limits, Problem, RetentionConfig, WebhookLimits,
    written::nearest,
};
use crate::{
    delivery::{SmppConfig, SmtpConfig, TwilioCallsConfig, TwilioMessagesConfig, WebhookConfig},
    sim_swap::SimSwapConfig,
};

/// The variables that are options of the command line, and the one that the documentation has
/// clients keep their key in.
pub const OPTION_VARIABLES: [&str; 11] = [
    "KEYFOB_API_KEY",
    "KEYFOB_CONFIG",
    "KEYFOB_DATA",
    "KEYFOB_ENGINE",
    "KEYFOB_LISTEN",
    "KEYFOB_LOG",
    "KEYFOB_LOG_FORMAT",
    "KEYFOB_PUBLIC_URL",
    "KEYFOB_SMTP_CA",
    "KEYFOB_SMTP_FROM",
    "KEYFOB_SMTP_URL",
];

/// The names at the top of the file.
pub(super) const SECTIONS: [&str; 8] =
    ["channels", "limits", "providers", "webhooks", "console", "sim_swap", "audit", "retention"];

/// A variable and its value.
pub(super) type Variable = (String, String);

/// Those that set keys.
pub(super) fn source(variables: &[Variable]) -> Environment {
    let ours = variables.iter().filter(|(name, _)| is_key(name)).cloned();
    Environment::with_prefix("KEYFOB")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(false) // a sender of +15005550006 is no number, nor is a token of 0042
        .source(Some(ours.collect()))
}

/// Those that there are. Set to nothing is not set: a template of an environment often has lines
/// left empty.
pub(super) fn all(environment: impl IntoIterator<Item = Variable>) -> Vec<Variable> {
    let is_ours = |(name, value): &Variable| name.starts_with(PREFIX) && !value.is_empty();
    environment.into_iter().filter(is_ours).collect()
}

/// What is wrong with the first that would set a key at the top of the file that there is none of.
pub(super) fn unknown_section(variables: &[Variable]) -> Option<String> {
    let section = |name: &str| name[PREFIX.len()..].split("__").next().map(str::to_lowercase);
    let is_unknown =
        |name: &&String| section(name).is_some_and(|section| !SECTIONS.contains(&&*section));
    let name =
        variables.iter().map(|(name, _)| name).filter(|name| is_key(name)).find(is_unknown)?;
    Some(said(name))
}

/// Those that set nothing. What somebody meant as a limit is a problem of the limits.
pub(super) fn strays(variables: &[Variable]) -> Vec<Problem> {
    let is_stray = |(name, value): &&Variable| {
        !is_key(name) && !OPTION_VARIABLES.contains(&&**name) && !is_of_a_cluster(name, value)
    };
    let problem = |(name, _): &Variable| {
        let is_limit = name.starts_with("KEYFOB_LIMIT");
        Problem::new(if is_limit { "limits" } else { "environment" }, said(name))
    };
    variables.iter().filter(is_stray).map(problem).collect()
}

const PREFIX: &str = "KEYFOB_";

/// Names without two underscores belong to the command line's options.
fn is_key(name: &str) -> bool {
    name[PREFIX.len()..].contains("__")
}

/// Kubernetes sets these for every service of a namespace, such as one that is called `keyfob`.
fn is_of_a_cluster(name: &str, value: &str) -> bool {
    let is_link = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let after_port = name.rsplit_once("PORT_").map_or("", |(_, rest)| rest);
    let is_port = after_port.split_once('_').is_some_and(|(port, _)| is_number(port));
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || is_port
        || is_link && name.ends_with("_PORT")
}

fn said(name: &str) -> String {
    match meant(name) {
        Some(meant) => format!("the variable {name} sets nothing; did you mean {meant}?"),
        None => format!(
            "the variable {name} sets nothing; docs/configuration.md has all that do: take it away, or give it a name without KEYFOB_"
        ),
    }
}

/// The name that somebody meant: most likely with two underscores for each dot.
fn meant(name: &str) -> Option<String> {
    let rest = &name[PREFIX.len()..];
    let plain = |name: &str| name.replace("__", "_");
    let names = names();
    if let Some(exact) = names.iter().find(|known| plain(known) == plain(rest)) {
        return Some(format!("{PREFIX}{exact}"));
    }
    if let Some(place) = plain(rest).strip_prefix("LIMITS_PRICES_") {
        return Some(format!("{PREFIX}LIMITS__PRICES__{place}"));
    }
    if let Some(rest) = plain(rest).strip_prefix("PROVIDERS_") {
        return of_a_provider(rest);
    }
    nearest(rest, names.iter().map(String::as_str)).map(|name| format!("{PREFIX}{name}"))
}

fn of_a_provider(rest: &str) -> Option<String> {
    let keys = provider_keys();
    let split =
        |key: &String| Some((rest.strip_suffix(key.as_str())?.strip_suffix('_')?, key.clone()));
    let (name, key) = keys.iter().filter_map(split).max_by_key(|(_, key)| key.len())?;
    Some(format!("{PREFIX}PROVIDERS__{name}__{key}"))
}

/// Every variable's name behind the prefix, but for those of providers.
fn names() -> Vec<String> {
    let options = OPTION_VARIABLES.iter().map(|name| name[PREFIX.len()..].to_owned());
    let sections = [
        ("CHANNELS", keys::<Channels>()),
        ("LIMITS", keys::<Limits>()),
        ("WEBHOOKS", keys::<WebhookLimits>()),
        ("CONSOLE", keys::<ConsoleConfig>()),
        ("SIM_SWAP", keys::<SimSwapConfig>()),
        ("AUDIT", keys::<AuditConfig>()),
        ("RETENTION", keys::<RetentionConfig>()),
    ];
    let of = |(section, keys): (&str, Vec<String>)| {
        keys.into_iter().map(move |key| format!("{section}__{key}")).collect::<Vec<_>>()
    };
    options.chain(sections.into_iter().flat_map(of)).collect()
}

fn provider_keys() -> Vec<String> {
    let kinds = [
        vec!["KIND".to_owned()],
        keys::<SmtpConfig>(),
        keys::<SmppConfig>(),
        keys::<WebhookConfig>(),
        keys::<TwilioMessagesConfig>(),
        keys::<TwilioCallsConfig>(),
    ];
    kinds.concat()
}

fn keys<T: JsonSchema>() -> Vec<String> {
    let schema = schema_for!(T).to_value();
    let keys = schema["properties"].as_object().into_iter().flatten();
    keys.map(|(key, _)| key.to_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, Limits};

    fn read(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::read(None, [(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_variable_that_sets_nothing_is_named_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("KEYFOB_CHANNELS_SMS", "KEYFOB_CHANNELS__SMS?"),
            ("KEYFOB_PROVIDERS_RELAY_URL", "KEYFOB_PROVIDERS__RELAY__URL?"),
            ("KEYFOB_PROVIDERS_MY_SMSC_SYSTEM_ID", "KEYFOB_PROVIDERS__MY_SMSC__SYSTEM_ID?"),
            ("KEYFOB_SIM_SWAP_CLIENT_SECRET", "KEYFOB_SIM_SWAP__CLIENT_SECRET?"),
            ("KEYFOB_STMP_URL", "KEYFOB_SMTP_URL?"),
            ("KEYFOB_LISTEN_ON", "KEYFOB_LISTEN?"),
            ("KEYFOB_COLOUR", "docs/configuration.md"),
        ] {
            let config = read(name, "canary").unwrap();
            let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
            assert_eq!(problem.at, "environment");
            assert!(problem.text.contains(name) && problem.text.contains(meant), "{problem}");
            assert!(!problem.text.contains("canary"), "{problem}");
        }
    }

    #[test]
    fn a_limit_that_is_misspelt_in_the_environment_opens_nothing() {
        for (name, meant) in [
            ("KEYFOB_LIMITS_ALLOWED", "KEYFOB_LIMITS__ALLOWED?"),
            ("KEYFOB_LIMIT_DENIED", "KEYFOB_LIMITS__DENIED?"),
            ("KEYFOB_LIMITS_PRICES_GB", "KEYFOB_LIMITS__PRICES__GB?"),
        ] {
            let config = read(name, "GB").unwrap();
            assert_eq!(config.limits, Limits::closed(), "{name}");
            let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
            assert_eq!(problem.at, "limits");
            assert!(
                problem.text.contains(meant) && problem.text.contains("nothing is sent"),
                "{problem}"
            );
        }
    }

    #[test]
    fn a_section_that_there_is_none_of_ends_the_start_and_is_named() {
        for (name, meant) in [
            ("KEYFOB_LIMTS__ALLOWED", "KEYFOB_LIMITS__ALLOWED?"),
            ("KEYFOB__CHANNELS__SMS", "KEYFOB_CHANNELS__SMS?"),
            ("KEYFOB_X__Y", "sets nothing"),
        ] {
            let error = read(name, "canary").unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(meant), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn variables_that_others_set_are_left_alone() {
        for (name, value) in [
            ("KEYFOB_LISTEN", "127.0.0.1:1"),
            ("KEYFOB_API_KEY", "kf_x"),
            ("KEYFOB_LIMITS_ALLOWED", ""),
            ("KEYFOB_SERVICE_HOST", "10.0.0.1"),
            ("KEYFOB_SERVICE_PORT_HTTP", "80"),
            ("KEYFOB_PORT", "tcp://10.0.0.1:80"),
            ("KEYFOB_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("KEYFOB_DB_PORT_5432_TCP", "tcp://10.0.0.2:5432"),
            ("OTHER_LIMITS_ALLOWED", "x"),
        ] {
            assert_eq!(read(name, value).unwrap().problems, [], "{name}");
        }
        assert_eq!(
            read("KEYFOB_PORT", "8080").unwrap().problems.len(),
            1,
            "an address to listen on"
        );
    }
}
