use std::path::PathBuf;

use askama::Template;
use keyfob::{UnixTime, service::Language};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Callback, Fate, Letter, ProviderError, SendError,
    twilio::{api, is_number_without_plus},
    twilio_account::{TwilioAccount, TwilioCallbacks},
};
use crate::config::{Hidden, HiddenUrl};

/// Calls through Twilio's Calls API, or anything that speaks it. Whoever picks up is asked to
/// press a key, and then hears the code: a mailbox presses none and records none. A call in
/// which nobody did has failed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TwilioCallsConfig {
    /// The account: `AC` and 32 hexadecimal digits, such as `AC0123456789abcdef0123456789abcdef`.
    pub account_sid: String,
    /// Its token, which also signs its callbacks. Better in the environment than in the file.
    pub auth_token: Hidden,
    /// The number that calls come from, such as `+447700900123`.
    pub from: String,
    /// Where Twilio reaches this service, such as `https://otp.bank.example`: at
    /// `/callbacks/NAME` below it to report what became of calls, and at `/callbacks/NAME/key`
    /// to ask for the code once a key was pressed.
    pub callback_url: String,
    /// The voice that speaks, such as `Polly.Amy`. It has to speak every language that is sent
    /// in; without, Twilio takes its own for each.
    pub voice: Option<String>,
    /// Where the API is.
    #[serde(default = "api")]
    pub base_url: HiddenUrl,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

/// Twilio's Calls API (<https://www.twilio.com/docs/voice/api/call-resource>).
pub struct TwilioCalls {
    account: TwilioAccount,
    callbacks: TwilioCallbacks,
    from: String,
    voice: Option<String>,
}

/// What Twilio asks once a call has got an answer on the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPress {
    /// What Twilio calls the call.
    pub call: String,
    /// Whether it was a key.
    pub is_key: bool,
    /// The language that the person was asked in.
    pub language: Language,
}

impl TwilioCalls {
    /// An account with this configuration, and the name that the provider has in it.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(name: &str, config: &TwilioCallsConfig) -> Result<Self, ProviderError> {
        if is_number_without_plus(&config.from) {
            return Err(ProviderError::TwilioNumber);
        }
        let TwilioCallsConfig { account_sid, auth_token, base_url, ca_file, .. } = config;
        let ca_file = ca_file.as_deref();
        let account = TwilioAccount::new(account_sid, auth_token, base_url, ca_file, "Calls")?;
        Ok(Self {
            callbacks: account.callbacks(&config.callback_url, name)?,
            account,
            from: config.from.clone(),
            voice: config.voice.clone(),
        })
    }

    /// Has Twilio call, and gives its name for the call. What it is told does not hold the
    /// code.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, letter: &Letter, now: UnixTime) -> Result<Option<String>, SendError> {
        let twiml = self.asks_for_a_key(letter.language);
        let life = letter.expires_at.saturating_sub(now);
        let timeout = life.saturating_sub(TO_SAY).clamp(SHORTEST_RING, LONGEST_RING).to_string();
        let callback = self.callbacks.url("");
        let form = [
            ("To", letter.recipient.as_str()),
            ("From", self.from.as_str()),
            ("Twiml", &twiml),
            ("Timeout", &timeout),
            ("StatusCallback", &callback),
            ("StatusCallbackEvent", "completed"), // which is every end, not only a good one
        ];
        match self.account.create(&form, &DENIALS).await? {
            Some(sid) => Ok(Some(sid)),
            // It rings all the same, but nobody would hear a code: better to call again, later.
            None => {
                Err(SendError::Unanswered("Twilio did not say how it calls the call".to_owned()))
            }
        }
    }

    /// What Twilio reports in a callback; `None` if it did not sign it. A call that is over has
    /// failed, unless a key was pressed in it.
    pub fn reports_in(&self, callback: &Callback<'_>) -> Option<Vec<(String, Fate)>> {
        let parameters = self.callbacks.parameters_in(callback)?;
        let is_over = parameters.value("CallStatus").is_some_and(|status| OVER.contains(&status));
        let call = parameters.value("CallSid").filter(|_| is_over);
        Some(call.map(|call| (call.to_owned(), Fate::Failed)).into_iter().collect())
    }

    /// What Twilio asks in a callback; `None` if it did not sign it, or asks nothing.
    pub fn key_press_in(&self, callback: &Callback<'_>) -> Option<KeyPress> {
        let tag = callback.path.strip_prefix("/key/")?;
        let language = Language::ALL.into_iter().find(|language| language.tag() == tag)?;
        let parameters = self.callbacks.parameters_in(callback)?;
        Some(KeyPress {
            call: parameters.value("CallSid")?.to_owned(),
            is_key: parameters.value("Digits").is_some_and(|digits| !digits.is_empty()),
            language,
        })
    }

    /// The words of a letter, as Twilio says them.
    pub fn says(&self, letter: &Letter) -> Zeroizing<String> {
        let lines = letter.expose_text().lines().filter(|line| !line.trim().is_empty());
        self.say(letter.language, lines.collect())
    }

    /// That the code is void, as Twilio says it.
    pub fn says_void(&self, language: Language) -> Zeroizing<String> {
        self.say(language, vec![language.void_code()])
    }

    /// Nothing: the call ends.
    pub fn says_nothing(&self) -> Zeroizing<String> {
        self.say(Language::default(), Vec::new())
    }

    /// Whether Twilio knows the account and takes its token.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        self.account.check().await
    }

    fn asks_for_a_key(&self, language: Language) -> String {
        let page = KeyPage {
            action: &self.callbacks.url(&format!("/key/{}", language.tag())),
            voice: self.voice.as_deref(),
            language: spoken(language),
            prompt: language.key_prompt(),
        };
        page.to_string()
    }

    fn say(&self, language: Language, lines: Vec<&str>) -> Zeroizing<String> {
        let voice = self.voice.as_deref();
        let around = 128 + voice.map_or(0, str::len) * 6;
        let longest = lines.iter().map(|line| line.len() * 6 + around).sum::<usize>() + 128;
        let mut text = Zeroizing::new(String::with_capacity(longest)); // no stray copy of the code
        let page = CodePage { voice, language: spoken(language), lines };
        if page.render_into(&mut *text).is_err() {
            tracing::error!("what a call says could not be written"); // never: a String takes all
        }
        debug_assert!(text.len() <= longest, "what a call says outgrew its room");
        text
    }
}

impl std::fmt::Debug for TwilioCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwilioCalls").finish_non_exhaustive()
    }
}

/// `TwiML`, which escapes as HTML does.
#[derive(Template)]
#[template(path = "twilio_key.xml")]
struct KeyPage<'a> {
    action: &'a str,
    voice: Option<&'a str>,
    language: &'static str,
    prompt: &'static str,
}

#[derive(Template)]
#[template(path = "twilio_code.xml")]
struct CodePage<'a> {
    voice: Option<&'a str>,
    language: &'static str,
    lines: Vec<&'a str>,
}

/// How Twilio names a language (<https://www.twilio.com/docs/voice/twiml/say#attributes-language>).
fn spoken(language: Language) -> &'static str {
    match language {
        Language::Arabic => "arb",
        Language::German => "de-DE",
        Language::Spanish => "es-ES",
        Language::French => "fr-FR",
        Language::Hindi => "hi-IN",
        Language::Italian => "it-IT",
        Language::Japanese => "ja-JP",
        Language::Dutch => "nl-NL",
        Language::Polish => "pl-PL",
        Language::Portuguese => "pt-PT",
        Language::BrazilianPortuguese => "pt-BR",
        Language::Swedish => "sv-SE",
        Language::Turkish => "tr-TR",
        Language::Ukrainian => "uk-UA",
        Language::SimplifiedChinese => "cmn-CN",
        Language::TraditionalChinese => "cmn-TW",
        _ => "en-US",
    }
}

/// For how many seconds it rings: a mailbox takes the call after half a minute or so, and the
/// code has to live for as long as it takes to say it.
const LONGEST_RING: u64 = 30;
const SHORTEST_RING: u64 = 5;
const TO_SAY: u64 = 30;

/// What Twilio calls a call that is over.
const OVER: [&str; 5] = ["completed", "busy", "no-answer", "failed", "canceled"];

/// What is wrong with the account (<https://www.twilio.com/docs/api/errors>): it is closed or on
/// trial, or the caller's number or the callback is none of it.
const DENIALS: [u32; 7] = [10001, 10002, 21205, 21210, 21212, 21213, 21609];

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(voice: Option<&str>) -> TwilioCalls {
        let config = TwilioCallsConfig {
            account_sid: "AC0".to_owned(),
            auth_token: "token".into(),
            from: "+15005550006".to_owned(),
            callback_url: "https://otp.example/a&b/".to_owned(),
            voice: voice.map(str::to_owned),
            base_url: api(),
            ca_file: None,
        };
        TwilioCalls::new("calls", &config).unwrap()
    }

    #[test]
    fn every_language_has_a_voice_of_its_own_and_a_prompt_that_waits_for_any_key() {
        let tags = Language::ALL.map(spoken);
        for (at, language) in Language::ALL.into_iter().enumerate() {
            assert!(!tags[..at].contains(&tags[at]), "{language}");
            let twiml = calls(None).asks_for_a_key(language);
            assert_eq!(twiml.matches("<Gather ").count(), 3, "{twiml}");
            assert!(twiml.contains("finishOnKey=\"\""), "the # is a key, too");
            assert!(twiml.len() < 4_000, "Twilio takes no more");
        }
        let twiml = calls(None).asks_for_a_key(Language::English);
        assert!(twiml.contains("https://otp.example/a&#38;b/callbacks/calls/key/en\""), "{twiml}");
    }

    #[test]
    fn what_somebody_wrote_is_words_and_never_an_instruction_to_twilio() {
        let lines = vec!["</Say><Dial>+15005550001</Dial><Say>", "1, 2 & \"3\""];
        let twiml = calls(Some("Polly.\"Amy")).say(Language::English, lines);
        assert!(!twiml.contains("<Dial>") && twiml.contains("&#60;Dial&#62;"), "{}", *twiml);
        assert_eq!(twiml.matches("<Say voice=\"Polly.&#34;Amy\" language=\"en-US\">").count(), 2);
        assert_eq!(twiml.matches("<Pause ").count(), 1);
        assert!(twiml.ends_with("<Hangup/></Response>"), "{}", *twiml);
        let longest = "\"".repeat(1_600);
        let _ = calls(None).say(Language::English, vec![&longest]); // within its room
    }
}
