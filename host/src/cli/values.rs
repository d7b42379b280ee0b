//! For clap: arguments that are not just text, with errors that show how to write them.

use std::{net::SocketAddr, str::FromStr};

/// A number such as a time or a counter.
pub(super) fn whole_number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

/// Where to listen.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().and_then(|port| port.parse().ok());
        let port: u16 = port.unwrap_or(8080);
        format!("write it like 127.0.0.1:{port}")
    })
}

/// What links begin with. A link that no browser opens would only be found out by the
/// person it was sent to.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let url = text.split_once("://").and_then(|(scheme, rest)| {
        let is_web = ["http", "https"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
        let uri: axum::http::Uri = text.parse().ok()?;
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        (is_web && has_host && !rest.contains(['?', '#', '@'])).then(|| text.to_owned())
    });
    url.ok_or_else(|| "write it like https://otp.example.com".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_one_that_a_browser_opens() {
        for url in ["https://otp.example.com", "http://127.0.0.1:8080/", "https://x.example/otp"] {
            assert_eq!(public_url(url).as_deref(), Ok(url));
        }
        for text in ["", "otp.example.com", "ftp://otp.example.com", "https://", "https:///otp"] {
            assert!(public_url(text).is_err(), "{text}");
        }
        for text in ["https://a b", "https://x.example/?a", "https://x.example/#a", "//x.example"] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_shown_with_the_port_that_was_meant() {
        for text in ["localhost:9203", "9203", ":9203"] {
            assert_eq!(socket_address(text), Err("write it like 127.0.0.1:9203".to_owned()));
        }
        assert!(socket_address("[::1]:9203").is_ok());
    }
}
