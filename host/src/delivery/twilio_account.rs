//! What all of Twilio's APIs share: an account that is asked, and how it signs what it asks us.

use std::path::Path;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use sha1::Sha1;

use super::{Callback, ProviderError, SendError, client};
use crate::config::{Hidden, HiddenUrl};

/// An account, reached over HTTP.
pub(super) struct TwilioAccount {
    client: Client,
    sid: String,
    auth_token: Hidden,
    itself: Url,
    resource: Url,
}

impl TwilioAccount {
    /// An account that makes things of one kind, such as `Messages`.
    ///
    /// # Errors
    /// [`ProviderError::Client`], [`ProviderError::TwilioAccount`].
    pub(super) fn new(
        sid: &str,
        auth_token: &Hidden,
        base_url: &HiddenUrl,
        ca_file: Option<&Path>,
        kind: &str,
    ) -> Result<Self, ProviderError> {
        if !is_sid("AC", sid) {
            return Err(ProviderError::TwilioAccount);
        }
        let base = base_url.expose().trim_end_matches('/');
        let account = format!("{base}/2010-04-01/Accounts/{sid}");
        Ok(Self {
            client: client::client(ca_file)?,
            sid: sid.to_owned(),
            auth_token: auth_token.clone(),
            itself: client::url(&format!("{account}.json"))?,
            resource: client::url(&format!("{account}/{kind}.json"))?,
        })
    }

    /// Where its callbacks come: `callback_url`, and below it the path for the provider `name`.
    ///
    /// # Errors
    /// [`ProviderError::TwilioCallbackUrl`].
    pub(super) fn callbacks(
        &self,
        callback_url: &str,
        name: &str,
    ) -> Result<TwilioCallbacks, ProviderError> {
        let refused = |_| ProviderError::TwilioCallbackUrl;
        let url = client::url(callback_url).map_err(refused)?;
        let has_more = url.query().is_some() || url.fragment().is_some();
        if has_more || !url.username().is_empty() || url.password().is_some() {
            return Err(ProviderError::TwilioCallbackUrl);
        }
        Ok(TwilioCallbacks {
            base: format!("{}/callbacks/{name}", callback_url.trim_end_matches('/')),
            sid: self.sid.clone(),
            auth_token: self.auth_token.clone(),
        })
    }

    /// Makes one thing, and gives what Twilio calls it. `denials` are the errors that lie with
    /// the account and not with the recipient.
    ///
    /// # Errors
    /// [`SendError`].
    pub(super) async fn create(
        &self,
        form: &[(&str, &str)],
        denials: &[u32],
    ) -> Result<Option<String>, SendError> {
        let request = self.client.post(self.resource.clone()).form(form);
        let (status, body) = client::exchange(self.authorised(request)).await?;
        judge(status, &body, denials)
    }

    /// Whether Twilio knows the account and takes its token.
    ///
    /// # Errors
    /// [`SendError`].
    pub(super) async fn check(&self) -> Result<(), SendError> {
        let request = self.client.get(self.itself.clone());
        let status = client::exchange(self.authorised(request)).await?.0;
        let advice = match status.as_u16() {
            401 | 403 => "see whether account_sid and auth_token are right, and of one account",
            404 => "see whether account_sid and base_url are right",
            _ => return client::judge(status),
        };
        Err(SendError::Denied(format!("Twilio answered {}; {advice}", status.as_u16())))
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.sid, Some(self.auth_token.expose()))
    }
}

/// Whether this names one of Twilio's things of this kind. How long it is, is Twilio's affair.
pub(super) fn is_sid(kind: &str, sid: &str) -> bool {
    let rest = sid.strip_prefix(kind).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Where Twilio calls us, and how to know that it is Twilio
/// (<https://www.twilio.com/docs/usage/security#validating-requests>).
pub(super) struct TwilioCallbacks {
    base: String,
    sid: String,
    auth_token: Hidden,
}

impl TwilioCallbacks {
    /// The URL of a path below the provider's.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What a callback says, if Twilio signed it for this account and this very path.
    pub(super) fn parameters_in(&self, callback: &Callback<'_>) -> Option<TwilioParameters> {
        let signature = callback.headers.get("x-twilio-signature")?.to_str().ok()?;
        let parameters = TwilioParameters::parse(callback.body);
        let urls = spellings(&self.url(callback.path));
        let is_signed = urls.iter().any(|url| self.has_signed(url, &parameters, signature));
        let is_ours = parameters.value("AccountSid") == Some(self.sid.as_str());
        (is_signed && is_ours).then_some(parameters)
    }

    /// HMAC-SHA1, which no collision of SHA-1 breaks, compared in constant time.
    fn has_signed(&self, url: &str, parameters: &TwilioParameters, signature: &str) -> bool {
        let Ok(tag) = Base64::decode_vec(signature) else { return false };
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.auth_token.expose().as_bytes()) else {
            return false; // a key of any length will do
        };
        mac.update(url.as_bytes());
        for (name, value) in &parameters.0 {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(&tag).is_ok()
    }
}

/// The parameters of a callback as they are signed: sorted by name, then by value, each pair
/// once. New ones may come at any time.
pub(super) struct TwilioParameters(Vec<(String, String)>);

impl TwilioParameters {
    fn parse(body: &[u8]) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// The value of this name; none if there are several.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }
}

/// A URL as configured, and with its port left out or written out: Twilio has signed either,
/// as its own libraries know.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return spellings };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = authority.rfind(':').filter(|at| *at > authority.rfind(']').unwrap_or(0));
    let usual = if scheme == "https" { 443 } else { 80 };
    spellings.push(match port {
        Some(at) => format!("{scheme}://{}{path}", &authority[..at]),
        None => format!("{scheme}://{authority}:{usual}{path}"),
    });
    spellings
}

/// Twilio answers 400 to what is wrong with a recipient and to what is wrong with the account
/// alike; the number of its error tells.
fn judge(status: StatusCode, body: &[u8], denials: &[u32]) -> Result<Option<String>, SendError> {
    #[derive(Deserialize)]
    struct Refusal {
        code: u32,
    }
    #[derive(Deserialize)]
    struct Created {
        sid: String,
    }
    let refusal = serde_json::from_slice(body).ok().filter(|_| status == StatusCode::BAD_REQUEST);
    let Some(Refusal { code }) = refusal else {
        client::judge(status)?;
        return Ok(serde_json::from_slice(body).ok().map(|Created { sid }| sid));
    };
    let said = format!("Twilio refused with error {code}");
    if denials.contains(&code) {
        Err(SendError::Denied(said))
    } else {
        Err(SendError::Refused(said))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    const BASE: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const SID: &str = "AC123";

    fn callbacks(base: &str) -> TwilioCallbacks {
        TwilioCallbacks { base: base.to_owned(), sid: SID.to_owned(), auth_token: "12345".into() }
    }

    /// The vectors that Twilio publishes, in its documentation and with its libraries.
    #[test]
    fn a_signature_is_worked_out_as_twilio_publishes_it() {
        let call = b"Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
        let digits = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=5678";
        let vectors: [(&str, &[u8], &str); 6] = [
            (BASE, call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (BASE, digits, "IK+Dwps556ElfBT0I3Rgjkr1wJU="), // a name that comes twice, a pair that does
            (
                "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
                call,
                "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            ),
            (BASE, call, "kvajT1Ptam85bY51eRf/AJRuM3w="), // signed with :443
            (
                "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
                call,
                "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            ),
            ("http://mycompany.com/myapp.php?foo=1&bar=2", call, "0ZXoZLH/DfblKGATFgpif+LLRf4="), // :80
        ];
        for (url, body, signature) in vectors {
            let parameters = TwilioParameters::parse(body);
            let is_signed = |signature| {
                let callbacks = callbacks(url);
                spellings(url).iter().any(|url| callbacks.has_signed(url, &parameters, signature))
            };
            assert!(is_signed(signature), "{url} {signature}");
            for forged in ["", "====", "RSOYDt4T1cUTdK1PDd93", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
                assert!(!is_signed(forged), "{url} {forged}");
            }
        }
    }

    #[test]
    fn what_is_signed_for_another_path_or_another_account_is_not_ours() {
        let signed = |url: &str, body: &[u8]| {
            let mut mac = Hmac::<Sha1>::new_from_slice(b"12345").unwrap();
            mac.update(url.as_bytes());
            for (name, value) in TwilioParameters::parse(body).0 {
                mac.update(name.as_bytes());
                mac.update(value.as_bytes());
            }
            let mut headers = HeaderMap::new();
            let tag = Base64::encode_string(&mac.finalize().into_bytes());
            headers.insert("x-twilio-signature", tag.parse().unwrap());
            headers
        };
        let callbacks = callbacks("https://otp.example/callbacks/t");
        let is_ours = |headers: &HeaderMap, body: &[u8], path: &str| {
            callbacks.parameters_in(&Callback { path, headers, body, now: 0 }).is_some()
        };
        let ours: &[u8] = b"AccountSid=AC123&CallSid=CA1";
        let headers = signed("https://otp.example/callbacks/t", ours);
        assert!(is_ours(&headers, ours, ""));
        assert!(!is_ours(&headers, ours, "/key/en"), "a report is no key");
        assert!(!is_ours(&headers, b"AccountSid=AC123&CallSid=CA2", ""));
        assert!(!is_ours(&HeaderMap::new(), ours, ""));
        for other in [
            &b"AccountSid=AC999&CallSid=CA1"[..],
            b"CallSid=CA1",
            b"",
            b"\xff=%ff",
            b"AccountSid=AC123&AccountSid=AC999",
        ] {
            assert!(!is_ours(&signed("https://otp.example/callbacks/t", other), other, ""));
        }
    }

    #[test]
    fn an_account_that_cannot_send_is_told_from_a_number_that_cannot_receive() {
        let judged = |status: u16, code: u32| {
            let body =
                format!(r#"{{"code": {code}, "message": "To +447700900123", "status": {status}}}"#);
            judge(StatusCode::from_u16(status).unwrap(), body.as_bytes(), &[21606])
        };
        assert!(matches!(judged(400, 21211), Err(SendError::Refused(_))), "no such number");
        assert!(matches!(judged(400, 21606), Err(SendError::Denied(_))), "not our number");
        assert!(matches!(judged(401, 20003), Err(SendError::Denied(_))), "wrong token");
        assert!(matches!(judged(429, 20429), Err(SendError::Later(_))));
        assert!(judged(500, 0).unwrap_err().is_transient());
        let reason = judged(400, 21211).unwrap_err().to_string();
        assert!(!reason.contains("447700900123"), "its words repeat the recipient");
        let created = judge(StatusCode::CREATED, br#"{"sid": "SM1", "code": null}"#, &[]);
        assert_eq!(created, Ok(Some("SM1".to_owned())));
        assert_eq!(judge(StatusCode::CREATED, b"{\"si", &[]), Ok(None), "half an answer");
    }
}
