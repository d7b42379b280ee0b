//! `keyfob.toml`: who carries messages, who is asked first, and who tells of SIMs.
//!
//! One provider that cannot be used must not keep the others from working, so each is
//! read on its own, and what is wrong with one is a [`Problem`] and no error.

mod console;
mod destinations;
mod file;
mod hidden;
mod keeping;
mod limits;
mod reference;
mod relay;
mod variables;
mod written;

use std::{collections::BTreeMap, fmt, path::Path};

use config::{File, FileFormat, Map, Value, ValueKind};
use keyfob::service::Channel;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

pub use console::ConsoleConfig;
pub(crate) use hidden::HIDDEN;
pub use hidden::{Hidden, HiddenUrl};
pub use keeping::{AuditConfig, RetentionConfig};
pub use limits::{Limit, Limits, Listed, PriceList};
pub use reference::reference;
pub use relay::RelayOptions;
pub use variables::OPTION_VARIABLES;

use self::{
    variables::SECTIONS,
    written::{faults, nearest, quoted, quoted_text, variable},
};
use crate::{
    delivery::{SmppConfig, SmtpConfig, TwilioCallsConfig, TwilioMessagesConfig, WebhookConfig},
    sim_swap::SimSwapConfig,
    webhooks::Networks,
};

/// What the configuration says.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Config {
    /// Which providers carry the messages of each channel.
    pub channels: Channels,
    /// Where messages may go, and how many.
    pub limits: Limits,
    /// The providers that can be read, by their names.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// How accounts are told what happened.
    pub webhooks: WebhookLimits,
    /// Who sees what on the console.
    pub console: ConsoleConfig,
    /// Who is asked about SIMs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sim_swap: Option<SimSwapConfig>,
    /// What the audit trail has.
    pub audit: AuditConfig,
    /// How long what is personal is kept.
    pub retention: RetentionConfig,
    /// What cannot be used.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// Which providers carry the messages of each channel, the preferred one first. The next
/// one is asked when one fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Channels {
    /// Text messages.
    #[serde(deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub sms: Vec<String>,
    /// Calls.
    #[serde(deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub voice: Vec<String>,
    /// Email.
    #[serde(deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub email: Vec<String>,
}

impl Channels {
    /// The names of a channel's providers.
    pub fn of(&self, channel: Channel) -> &[String] {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Voice => &self.voice,
            Channel::Email => &self.email,
        }
    }

    /// Without what is no name of a provider.
    fn checked(mut self, problems: &mut Vec<Problem>) -> Self {
        let lists =
            [("sms", &mut self.sms), ("voice", &mut self.voice), ("email", &mut self.email)];
        for (channel, names) in lists {
            let wrong: Vec<_> = names
                .extract_if(.., |name| !is_name(name))
                .map(|name| quoted_text(&name))
                .collect();
            if !wrong.is_empty() {
                let text = format!("no name of a provider: {}; {NAMES}", wrong.join(", "));
                problems.push(Problem::new(format!("channels.{channel}"), text));
            }
        }
        self
    }
}

/// Where accounts may have themselves told what happened. Public addresses always are admitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookLimits {
    /// Private networks that are admitted besides, such as `["10.1.0.0/16"]`.
    #[serde(deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub networks: Vec<String>,
}

impl WebhookLimits {
    fn check(&self) -> Result<(), Problem> {
        for text in &self.networks {
            if let Err(error) = Networks::parse([text]) {
                let text = format!("{text:?}: {error}");
                return Err(Problem::new("webhooks.networks", text));
            }
        }
        Ok(())
    }
}

/// A provider's settings. In the file each is a table `[providers.NAME]` with the key
/// `kind`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProviderConfig {
    /// An SMTP relay.
    Smtp(SmtpConfig),
    /// An SMSC.
    Smpp(SmppConfig),
    /// A gateway that takes signed webhooks.
    Webhook(WebhookConfig),
    /// Twilio's Messages API.
    TwilioMessages(TwilioMessagesConfig),
    /// Twilio's Calls API.
    TwilioCalls(TwilioCallsConfig),
}

impl ProviderConfig {
    /// Every kind, as `kind` names it.
    pub const KINDS: [&str; 5] = ["smtp", "smpp", "webhook", "twilio-messages", "twilio-calls"];

    fn read(name: &str, value: Value) -> Result<Self, String> {
        let ValueKind::Table(mut table) = value.kind else {
            return Err("write it as a table, [providers.NAME]".to_owned());
        };
        let (kinds, name) = (Self::KINDS.join(", "), format!("providers.{name}"));
        let Some(kind) = table.remove("kind") else {
            let variable = variable(&format!("{name}.kind"));
            return Err(format!("`kind` is missing; write one of {kinds}, or set {variable}"));
        };
        match kind.to_string().as_str() {
            "smtp" => settings(&name, table).map(Self::Smtp),
            "smpp" => settings(&name, table).map(Self::Smpp),
            "webhook" => settings(&name, table).map(Self::Webhook),
            "twilio-messages" => settings(&name, table).map(Self::TwilioMessages),
            "twilio-calls" => settings(&name, table).map(Self::TwilioCalls),
            _ => {
                let is = quoted(&kind).map(|kind| format!(" is {kind}")).unwrap_or_default();
                Err(format!("`kind`{is}; write one of {kinds}"))
            }
        }
    }
}

/// Something in the configuration that cannot be used. The rest can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: the key.
    pub at: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl Problem {
    pub(crate) fn new(at: impl Into<String>, text: impl Into<String>) -> Self {
        Self { at: at.into(), text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.text)
    }
}

impl Config {
    /// Reads the file, if there is to be one, and the variables of the environment that
    /// begin with `KEYFOB_` and have two underscores where the file has a dot. These win.
    ///
    /// # Errors
    /// [`ConfigError`] when nothing of it can be used: no such file, no TOML, or a key at
    /// its top that is not known.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut sources = config::Config::builder();
        if let Some(path) = file {
            let text = file::read(path).map_err(ConfigError)?;
            let wrong = |text: String| ConfigError(format!("{}: {text}", path.display()));
            let source = File::from_str(&text, FileFormat::Toml);
            let whole = config::Config::builder().add_source(source.clone()).build();
            let whole = whole.map_err(|error| wrong(without_source(&error.to_string())))?;
            let table = whole.try_deserialize::<Map<String, Value>>();
            let table = table.map_err(|error| wrong(error.to_string()))?;
            unknown_section(&table).map_or(Ok(()), |text| Err(wrong(text)))?;
            sources = sources.add_source(source);
        }
        let variables = variables::all(environment);
        variables::unknown_section(&variables).map_or(Ok(()), |text| Err(ConfigError(text)))?;
        let document = sources.add_source(variables::source(&variables)).build();
        let document = document.and_then(config::Config::try_deserialize::<Document>);
        let document = document.map_err(|error| ConfigError(without_source(&error.to_string())))?;
        let place = file.map_or("the environment".to_owned(), |file| {
            format!("{} or a variable", file.display())
        });
        let mut config =
            Self::of(document).map_err(|text| ConfigError(format!("{place}: {text}")))?;
        config.add_strays(variables::strays(&variables));
        Ok(config)
    }

    /// Variables that set nothing. What was meant as a limit is not known, so nothing goes out.
    fn add_strays(&mut self, strays: Vec<Problem>) {
        let (limits, others): (Vec<_>, Vec<_>) =
            strays.into_iter().partition(|it| it.at == "limits");
        self.problems.extend(others);
        if !limits.is_empty() {
            let texts: Vec<_> = limits.into_iter().map(|problem| problem.text).collect();
            self.problems
                .push(Problem::new("limits", format!("{}; {}", texts.join("; "), limits::CLOSED)));
            self.limits = Limits::closed();
        }
    }
}

/// Why a configuration cannot be read: a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The file as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    channels: Option<Value>,
    limits: Option<Value>,
    providers: Option<Value>,
    webhooks: Option<Value>,
    console: Option<Value>,
    sim_swap: Option<Value>,
    audit: Option<Value>,
    retention: Option<Value>,
}

impl Config {
    fn of(found: Document) -> Result<Self, String> {
        let mut problems = Vec::new();
        let at = &mut problems;
        let named = |text: String| format!("channels: {text}");
        let channels = found.channels.map(|channels| table("channels", channels)).transpose();
        let channels: Channels = channels.map_err(named)?.unwrap_or_default();
        let found_providers = match found.providers.map(|providers| providers.kind) {
            None => Map::new(),
            Some(ValueKind::Table(table)) => table,
            Some(_) => return Err("providers: write tables, [providers.NAME]".to_owned()),
        };
        Ok(Self {
            channels: channels.checked(at),
            limits: Limits::read(found.limits, at),
            providers: providers(found_providers, at),
            webhooks: section("webhooks", found.webhooks, WebhookLimits::check, at)
                .unwrap_or_default(),
            console: section("console", found.console, |_| Ok(()), at)
                .map_or_else(ConsoleConfig::default, |console: ConsoleConfig| console.checked(at)),
            sim_swap: section("sim_swap", found.sim_swap, |_| Ok(()), at),
            audit: section("audit", found.audit, AuditConfig::check, at).unwrap_or_default(),
            retention: section("retention", found.retention, RetentionConfig::check, at)
                .unwrap_or_default(),
            problems,
        })
    }
}

/// What is wrong with a table at the top of the file that there is none of.
fn unknown_section(document: &Map<String, Value>) -> Option<String> {
    let mut names: Vec<_> = document.keys().filter(|name| !SECTIONS.contains(&&***name)).collect();
    names.sort();
    let name = names.first()?;
    Some(match nearest(name, SECTIONS) {
        Some(meant) => format!("`{name}` is no key there is; did you mean `{meant}`?"),
        None => format!("`{name}` is no key there is; the tables are {}", SECTIONS.join(", ")),
    })
}

/// The providers that can be read.
fn providers(
    found: Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, ProviderConfig> {
    let mut providers = BTreeMap::new();
    for (name, value) in found.into_iter().collect::<BTreeMap<_, _>>() {
        if !is_name(&name) {
            let text =
                format!("a provider has a name that is none, {}; {NAMES}", quoted_text(&name));
            problems.push(Problem::new("providers", text));
            continue;
        }
        match ProviderConfig::read(&name, value) {
            Ok(provider) => drop(providers.insert(name, provider)),
            Err(text) => problems.push(Problem::new(format!("providers.{name}"), text)),
        }
    }
    providers
}

/// A table of its own. One that cannot be read, or does not pass its check, is a problem, and as
/// good as not there.
fn section<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: Option<Value>,
    check: impl FnOnce(&T) -> Result<(), Problem>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let read = table(name, value?).map_err(|text| Problem::new(name, text));
    read.and_then(|section| check(&section).map(|()| section))
        .map_err(|problem| problems.push(problem))
        .ok()
}

/// What a provider may be called: what a shell can set as part of a variable's name. What is no name may be a password in
/// the wrong place, and is shown nowhere.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

/// How names are to be written.
const NAMES: &str = "write names with a-z, 0-9 and _";

/// A table as the type that reads it; or all that is wrong with it, its keys named as they are
/// below `name`.
fn table<T: DeserializeOwned + JsonSchema>(name: &str, value: Value) -> Result<T, String> {
    match value.kind {
        ValueKind::Table(table) => settings(name, table),
        _ => Err(format!("write it as a table, [{name}]")),
    }
}

fn settings<T: DeserializeOwned + JsonSchema>(
    name: &str,
    table: Map<String, Value>,
) -> Result<T, String> {
    let faults = faults::<T>(&table, name);
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    let value = Value::from(ValueKind::Table(table));
    value.try_deserialize().map_err(|error| key_first(&error.to_string()))
}

/// What a type says of its own text, behind the key and not before it.
fn key_first(error: &str) -> String {
    match error.rsplit_once(" for key `") {
        Some((text, key)) => format!("`{key}: {text}"),
        None => error.to_owned(),
    }
}

/// A list, or as the environment has it, words with commas between.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "write a list, like [\"relay\", \"backup\"]")]
    enum List {
        Text(String),
        Words(Vec<String>),
    }
    Ok(match List::deserialize(deserializer)? {
        List::Words(words) => words,
        List::Text(text) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        }
    })
}

/// Without the line of the file that the parser shows: a password may stand in it.
fn without_source(error: &str) -> String {
    let is_source = |line: &str| {
        line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|')
    };
    error.lines().filter(|line| !is_source(line)).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::ReceiptIds;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyfob.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(Some(&file), variables_of(environment))
    }

    fn variables_of(environment: &[(&str, &str)]) -> Vec<(String, String)> {
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const TWO_RELAYS: &str = r#"
        [channels]
        email = ["first", "second"]
        [providers.first]
        kind = "smtp"
        url = "smtps://u:canary@one.example"
        from = "codes@bank.example"
        [providers.second]
        kind = "smtp"
        url = "smtps://two.example"
        from = "codes@bank.example"
    "#;

    #[test]
    fn providers_are_read_in_their_order() {
        let config = read(TWO_RELAYS, &[]).unwrap();
        assert_eq!(config.channels.of(Channel::Email), ["first", "second"]);
        assert_eq!(config.providers.len(), 2);
        assert_eq!(config.problems, []);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_can_do_without_it() {
        let url = ("KEYFOB_PROVIDERS__FIRST__URL", "smtps://three.example");
        let order = ("KEYFOB_CHANNELS__EMAIL", "second,first");
        let config = read(TWO_RELAYS, &[url, order]).unwrap();
        assert_eq!(config.channels.of(Channel::Email), ["second", "first"]);
        let ProviderConfig::Smtp(first) = &config.providers["first"] else { panic!("no relay") };
        assert_eq!(first.url.expose(), "smtps://three.example");

        let whole = [
            ("KEYFOB_CHANNELS__EMAIL", "relay"),
            ("KEYFOB_PROVIDERS__RELAY__KIND", "smtp"),
            ("KEYFOB_PROVIDERS__RELAY__URL", "smtps://one.example"),
            ("KEYFOB_PROVIDERS__RELAY__FROM", "codes@bank.example"),
        ];
        let config = Config::read(None, variables_of(&whole)).unwrap();
        assert_eq!((config.providers.len(), config.problems.len()), (1, 0));
    }

    #[test]
    fn an_operator_can_be_configured_by_the_environment_alone() {
        let variables = [
            ("KEYFOB_SIM_SWAP__BASE_URL", "https://operator.example/sim-swap/v2"),
            ("KEYFOB_SIM_SWAP__TOKEN_URL", "https://operator.example/token"),
            ("KEYFOB_SIM_SWAP__CLIENT_ID", "0042"),
            ("KEYFOB_SIM_SWAP__CLIENT_SECRET", "canary"),
            ("KEYFOB_SIM_SWAP__PREFIXES", "+44,+353"),
            ("KEYFOB_SIM_SWAP__TIMEOUT", "1.5"),
            ("KEYFOB_SIM_SWAP__CACHE", "60"),
        ];
        let config = Config::read(None, variables_of(&variables)).unwrap();
        assert_eq!(config.problems, []);
        let shown = format!("{config:?}{}", toml::to_string(&config).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
        let operator = config.sim_swap.unwrap();
        let prefixes: Vec<_> = operator.prefixes.0.iter().map(ToString::to_string).collect();
        assert_eq!(prefixes, ["+44", "+353"]);
        assert_eq!((operator.client_id.as_str(), operator.cache), ("0042", 60));
        assert!((operator.timeout - 1.5).abs() < f64::EPSILON);
        let no_prefix = [&variables[..], &[("KEYFOB_SIM_SWAP__PREFIXES", "44")]].concat();
        let problems = Config::read(None, variables_of(&no_prefix)).unwrap().problems;
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(
            problem.text.contains("like +44") && problem.text.contains("prefixes"),
            "{problem}"
        );
        for wrong in ["sim_swap = \"canary\"", "[sim_swap]\nurll = \"canary\""] {
            let config = read(wrong, &[]).unwrap();
            let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
            assert_eq!((problem.at.as_str(), config.sim_swap.is_none()), ("sim_swap", true));
            assert!(!problem.text.contains("canary"), "{problem}");
        }
    }

    #[test]
    fn what_looks_like_a_number_stays_as_it_was_written() {
        let variables = [
            ("KEYFOB_PROVIDERS__T__KIND", "twilio-messages"),
            ("KEYFOB_PROVIDERS__T__ACCOUNT_SID", "AC0"),
            ("KEYFOB_PROVIDERS__T__AUTH_TOKEN", "0042"),
            ("KEYFOB_PROVIDERS__T__FROM", "+15005550006"),
        ];
        let config = Config::read(None, variables_of(&variables)).unwrap();
        let ProviderConfig::TwilioMessages(twilio) = &config.providers["t"] else { panic!() };
        assert_eq!(twilio.from.as_deref(), Some("+15005550006"));
        assert_eq!(twilio.auth_token.expose(), "0042");
    }

    #[test]
    fn numbers_and_choices_can_stand_in_the_environment_too() {
        let variables = [
            ("KEYFOB_PROVIDERS__S__KIND", "smpp"),
            ("KEYFOB_PROVIDERS__S__HOST", "smsc.example"),
            ("KEYFOB_PROVIDERS__S__PORT", "3550"),
            ("KEYFOB_PROVIDERS__S__TLS", "false"),
            ("KEYFOB_PROVIDERS__S__SYSTEM_ID", "bank"),
            ("KEYFOB_PROVIDERS__S__PASSWORD", "00000042"),
            ("KEYFOB_PROVIDERS__S__FROM", "62442"),
            ("KEYFOB_PROVIDERS__S__RECEIPT_IDS", "hex-to-decimal"),
        ];
        let config = Config::read(None, variables_of(&variables)).unwrap();
        let ProviderConfig::Smpp(smpp) = &config.providers["s"] else { panic!() };
        assert_eq!((smpp.port, smpp.tls, smpp.from.as_str()), (3550, false, "62442"));
        assert_eq!(smpp.password.expose(), "00000042");
        assert_eq!(smpp.receipt_ids, ReceiptIds::HexToDecimal);
    }

    #[test]
    fn an_error_shows_no_line_of_the_file() {
        for text in ["[providers.x]\nsecret = \"canary\nurl = 1", "canary", "a = canary\nb"] {
            let error = read(text, &[]).unwrap_err().to_string();
            assert!(error.contains("line") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let others = [("KEYFOB_API_KEY", "kf_x"), ("KEYFOB_DATA", "/d"), ("OTHER__KEY", "1")];
        assert!(Config::read(None, variables_of(&others)).unwrap().providers.is_empty());
    }

    #[test]
    fn a_provider_that_cannot_be_read_leaves_the_others_alone() {
        let broken = format!("{TWO_RELAYS}\n[providers.third]\nkind = \"smtp\"\nurll = \"x\"\n");
        let config = read(&broken, &[]).unwrap();
        assert_eq!(config.providers.len(), 2);
        let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
        assert_eq!(problem.at, "providers.third");
        assert!(problem.text.contains("urll"), "{problem}");
        for (text, word) in [
            ("kind = \"smtq\"", "is \"smtq\"; write one of smtp"),
            ("url = \"canary\"", "set KEYFOB_PROVIDERS__X__KIND"),
        ] {
            let config = read(&format!("[providers.x]\n{text}\n"), &[]).unwrap();
            assert!(config.problems[0].text.contains(word), "{:?}", config.problems);
            assert!(!config.problems[0].text.contains("canary"));
        }
    }

    #[test]
    fn limits_are_read_from_the_file_and_from_the_environment() {
        let text = r#"
            [limits]
            per_account_and_day = 5
            per_prefix_and_day = "off"
            allowed = ["GB", "+1"]
            [limits.prices]
            GB = 4
            "+4477" = 5
        "#;
        let variables = [
            ("KEYFOB_LIMITS__COST_PER_DAY", "700"),
            ("KEYFOB_LIMITS__PRICE", "0"),
            ("KEYFOB_LIMITS__BREAKER_SENDS", "off"),
            ("KEYFOB_LIMITS__UNVERIFIED_SHARE", "30"),
            ("KEYFOB_LIMITS__DENIED", "ru, +375"),
            ("KEYFOB_LIMITS__PRICES__DE", "9"),
            ("KEYFOB_LIMITS__PRICES__GB", "6"),
        ];
        let config = read(text, &variables).unwrap();
        assert_eq!(config.problems, []);
        let mut policy = keyfob::service::ServicePolicy::default();
        config.limits.apply(&mut policy);
        let place = |text: &str| text.parse::<keyfob::service::Place>().unwrap();
        let traffic = &policy.traffic;
        assert_eq!(policy.sends.per_account_and_day, Some(5));
        assert_eq!((traffic.per_prefix_and_day, traffic.breaker), (None, None));
        assert_eq!((traffic.per_client_and_day, traffic.cost_per_day), (Some(1_000), Some(700)));
        assert_eq!(traffic.unverified.map(|unverified| u16::from(unverified.share)), Some(30));
        assert_eq!(traffic.allowed, ["GB", "+1"].map(place));
        assert_eq!(traffic.denied, ["RU", "+375"].map(place));
        let prices = [("GB", 6), ("+4477", 5), ("DE", 9)].map(|(text, price)| (place(text), price));
        assert_eq!(traffic.prices.places, prices.into());
        let shown = toml::to_string(&config).unwrap();
        assert_eq!(read(&shown, &[]).unwrap().limits, config.limits, "{shown}");
    }

    #[test]
    fn while_limits_cannot_be_read_nothing_goes_to_numbers_and_that_is_said() {
        for (text, word) in [
            ("per_acount_and_day = 5", "per_acount_and_day"),
            ("per_account_and_day = -1", "off"),
            ("per_account_and_day = \"none\"", "off"),
            ("denied = [\"Russia\"]", "two letters"),
            ("prices = { Europe = 4 }", "two letters"),
            ("unverified_share = 70000", "limits"),
            ("unverified_share = 101", "from 0 to 100"),
            ("breaker_verified = 200", "from 0 to 100"),
        ] {
            let text = format!("{TWO_RELAYS}\n[limits]\nper_domain_and_day = 1\n{text}");
            let config = read(&text, &[]).unwrap();
            assert_eq!((config.limits, config.providers.len()), (Limits::closed(), 2));
            let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
            assert_eq!(problem.at, "limits");
            let closed: Vec<_> =
                Limits::closed().denied.0.iter().map(ToString::to_string).collect();
            assert_eq!(closed.join(" "), "+1 +2 +3 +4 +5 +6 +7 +8 +9", "however a number begins");
            assert!(
                problem.text.contains("nothing is sent") && problem.to_string().contains(word),
                "{problem}"
            );
        }
    }

    #[test]
    fn the_default_section_is_the_default_policy() {
        let mut policy = keyfob::service::ServicePolicy::default();
        let before = (policy.sends.clone(), policy.traffic.clone());
        Limits::default().apply(&mut policy);
        assert_eq!((policy.sends, policy.traffic), before);
    }

    #[test]
    fn what_is_no_configuration_at_all_is_refused_with_its_place() {
        for (text, word) in
            [("chanels = 1", "chanels"), ("[channels", "TOML"), ("[channels]\nfax = []", "fax")]
        {
            let error = read(text, &[]).unwrap_err().to_string();
            assert!(error.contains("keyfob.toml"), "{error}");
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn what_is_effective_is_shown_without_secrets() {
        let config = read(TWO_RELAYS, &[]).unwrap();
        let shown = [toml::to_string(&config).unwrap(), format!("{config:?}")];
        for text in shown {
            assert!(text.contains("one.example") && !text.contains("canary"), "{text}");
        }
    }
}
