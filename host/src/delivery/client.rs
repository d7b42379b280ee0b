//! HTTP to providers and operators: encrypted, without redirects, and with an end.

use std::{fmt, fs, net::IpAddr, path::Path, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, RequestBuilder, StatusCode, Url, redirect::Policy};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{SendError, Unreachable};

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(3);

/// How long a whole exchange may take, whatever its caller allows.
const EXCHANGE: Duration = Duration::from_secs(10);

/// How long is waited for the rest of an answer.
const READING: Duration = Duration::from_millis(500);

/// How much of an answer is read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A client that trusts the public certificates and, if given, those of a file.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<Client, ClientError> {
    client_builder(ca_file)?.build().map_err(|_| ClientError::Tls)
}

/// What makes such a client.
pub(crate) fn client_builder(ca_file: Option<&Path>) -> Result<ClientBuilder, ClientError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls(ca_file)?)
        .user_agent(concat!("keyfob/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none()) // whoever answers could have a code sent elsewhere
        .connect_timeout(CONNECTING)
        .timeout(EXCHANGE)
        .no_proxy();
    Ok(builder)
}

/// TLS that trusts the public certificates and, if given, those of a file.
pub(super) fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, ClientError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let pem = fs::read(path).map_err(|_| ClientError::Certificate)?;
        let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(ClientError::Certificate);
        }
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|_| ClientError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Where to send. Codes and numbers travel unencrypted to this machine itself only.
pub(crate) fn url(text: &str) -> Result<Url, ClientError> {
    let url = Url::parse(text).map_err(|_| ClientError::Url)?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(host) => Ok(url),
        ("http", Some(_)) => Err(ClientError::Unencrypted),
        _ => Err(ClientError::Url),
    }
}

/// Sends, and returns what the answer's status says and as much of it as anybody needs.
///
/// # Errors
/// [`SendError::Transient`] without a connection; [`SendError::Unanswered`] whatever went wrong
/// after that, as the gateway may have read the request.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), SendError> {
    let mut answer = request.send().await.map_err(|error| unanswered(&error))?;
    let (status, mut body) = (answer.status(), Vec::new());
    let reading = async {
        while let Ok(Some(part)) = answer.chunk().await {
            body.extend_from_slice(&part);
            if body.len() > LONGEST_ANSWER {
                break;
            }
        }
    };
    // The status has decided. An answer that is cut short or never ends takes nothing back,
    // least of all by having another provider send the same message.
    let _ = tokio::time::timeout(READING, reading).await;
    Ok((status, body))
}

/// What a status says of the message, unless the provider's own words say more.
pub(crate) fn judge(status: StatusCode) -> Result<(), SendError> {
    let said = format!("the gateway answered {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(SendError::Denied(format!(
            "{said}; redirects are not followed, so write where it leads"
        ))),
        401 | 403 | 404 | 405 | 407 | 410 => Err(SendError::Denied(said)),
        429 => Err(SendError::Later(said)),
        408 | 425 => Err(SendError::Transient(said)),
        400..=499 => Err(SendError::Refused(said)),
        _ => Err(SendError::Transient(said)),
    }
}

/// What an answer to a request for nothing says of a gateway that may take only what is signed,
/// or posted. `None` if there is nothing to say.
///
/// # Errors
/// [`SendError`] if nothing can be posted there either.
pub(crate) fn judge_probe(status: StatusCode) -> Result<Option<String>, SendError> {
    let advice = match status.as_u16() {
        200..=299 | 405 | 501 => return Ok(None),
        300..=399 | 500..=599 => return judge(status).map(|()| None),
        401 | 403 => {
            "which is right if it wants a signature, and a wrong credential if it does not"
        }
        404 | 410 => "see whether the path of `url` is right",
        _ => "see what the gateway has in its log",
    };
    Ok(Some(format!("answered {} to a HEAD request; {advice}", status.as_u16())))
}

/// Why HTTP to a provider cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientError {
    /// The URL is none.
    Url,
    /// Codes would travel readable.
    Unencrypted,
    /// The certificates cannot be used.
    Certificate,
    /// There is no TLS.
    Tls,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the URL cannot be used; write it like https://gateway.example/messages",
            Self::Unencrypted => {
                "nothing must travel unencrypted to another machine; write https://…"
            }
            Self::Certificate => "`ca_file` cannot be read; give a PEM file of certificates",
            Self::Tls => "TLS cannot be set up on this machine",
        })
    }
}

impl std::error::Error for ClientError {}

pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Why there was no connection.
pub(crate) fn unreachable(error: &reqwest::Error) -> Unreachable {
    if error.is_timeout() { Unreachable::Late } else { Unreachable::of(error) }
}

/// Never the URL, which may hold a token.
fn unanswered(error: &reqwest::Error) -> SendError {
    match error {
        error if error.is_connect() => {
            let why = unreachable(error);
            SendError::Transient(format!("no connection to the gateway: {why}"))
        }
        error if error.is_timeout() => {
            SendError::Unanswered("no answer from the gateway in time".to_owned())
        }
        _ => SendError::Unanswered("the connection to the gateway was lost".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_never_travel_unencrypted_to_another_machine() {
        for text in [
            "https://gateway.example/x",
            "http://127.0.0.1:8/x",
            "http://[::1]:8",
            "http://localhost",
        ] {
            assert!(url(text).is_ok(), "{text}");
        }
        for text in
            ["http://gateway.example", "http://localhost.example", "http://127.0.0.1.example"]
        {
            assert_eq!(url(text), Err(ClientError::Unencrypted), "{text}");
        }
        for text in ["", "gateway.example", "ftp://gateway.example", "file:///etc/passwd"] {
            assert_eq!(url(text), Err(ClientError::Url), "{text}");
        }
    }

    #[tokio::test]
    async fn without_a_connection_nothing_went_out_and_after_that_nobody_knows() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = client(None).unwrap();
        let ask = || exchange(client.post(&url).body("123456"));
        let hangs_up = tokio::spawn(async move { drop(listener.accept().await) });
        assert!(matches!(ask().await, Err(SendError::Unanswered(_))));
        hangs_up.await.unwrap();
        assert!(matches!(ask().await, Err(SendError::Transient(_))), "nobody listens");
    }

    #[test]
    fn what_a_gateway_says_to_a_check_is_told_unless_it_is_what_a_gateway_says() {
        let judged = |status| judge_probe(StatusCode::from_u16(status).unwrap());
        assert!([200, 204, 405, 501].iter().all(|status| judged(*status) == Ok(None)));
        for (status, word) in [(401, "signature"), (404, "path"), (400, "log")] {
            let said = judged(status).unwrap().unwrap();
            assert!(said.contains(&status.to_string()) && said.contains(word), "{said}");
        }
        for (status, word) in [(302, "redirects are not followed"), (503, "503")] {
            let said = judged(status).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn only_a_message_that_is_itself_at_fault_is_refused() {
        let judged = |status| judge(StatusCode::from_u16(status).unwrap());
        assert!([200, 202, 204].iter().all(|status| judged(*status).is_ok()));
        assert!(matches!(judged(400), Err(SendError::Refused(_))));
        assert!(
            [401, 403, 302]
                .iter()
                .all(|status| matches!(judged(*status), Err(SendError::Denied(_))))
        );
        assert!([408, 500, 503].iter().all(|status| judged(*status).unwrap_err().is_transient()));
    }
}
