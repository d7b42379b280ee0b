//! Why there is no connection, in words that say what to look at. Nothing of the address, which
//! may hold a token.

use std::{error::Error, fmt, io};

use rustls::{CertificateError, Error as TlsError};

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// Nothing listens there, or something keeps us out.
    Refused,
    /// The name has no address.
    NameNotFound,
    /// There is no way there.
    NoRoute,
    /// Nothing came back.
    Late,
    /// Nobody whom we trust vouches for the certificate.
    Untrusted,
    /// The certificate is another host's.
    OtherName,
    /// The certificate is not of this time.
    Expired,
    /// The certificate is wrong in another way.
    Certificate,
    /// What answered does not speak TLS.
    NotTls,
    /// TLS came to nothing.
    Tls,
    /// Closed before it began.
    Closed,
    /// Something else.
    Other,
}

impl Unreachable {
    /// What lies behind an error of a library.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        let mut found = Self::Other;
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<TlsError>() {
                return Self::of_tls(tls);
            }
            if is_about_the_name(&error.to_string()) {
                return Self::NameNotFound;
            }
            let io = error.downcast_ref::<io::Error>();
            found = io.and_then(|error| Self::of_kind(error.kind())).unwrap_or(found);
            // What an error of input and output holds is not its source, whose source is.
            let held = io.and_then(io::Error::get_ref).map(|held| held as &(dyn Error + 'static));
            next = held.or_else(|| error.source());
        }
        found
    }

    fn of_kind(kind: io::ErrorKind) -> Option<Self> {
        Some(match kind {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::Late,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown => Self::NoRoute,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => return None,
        })
    }

    fn of_tls(error: &TlsError) -> Self {
        use CertificateError as Wrong;
        match error {
            TlsError::InvalidCertificate(Wrong::UnknownIssuer) => Self::Untrusted,
            TlsError::InvalidCertificate(
                Wrong::NotValidForName | Wrong::NotValidForNameContext { .. },
            ) => Self::OtherName,
            TlsError::InvalidCertificate(
                Wrong::Expired
                | Wrong::ExpiredContext { .. }
                | Wrong::NotValidYet
                | Wrong::NotValidYetContext { .. },
            ) => Self::Expired,
            TlsError::InvalidCertificate(_) => Self::Certificate,
            TlsError::InvalidMessage(_) => Self::NotTls,
            _ => Self::Tls,
        }
    }
}

/// The resolver's errors have no kind, only these words.
fn is_about_the_name(text: &str) -> bool {
    text == "dns error" || text.starts_with("failed to lookup address information")
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "it was refused, as nothing listens there; see the host and the port",
            Self::NameNotFound => "the host's name was not found; see how it is written, and whether DNS works here",
            Self::NoRoute => "no network leads there; see the host, and the routes and firewalls of this machine",
            Self::Late => "nothing came back in time; see the host and the port, and firewalls in between",
            Self::Untrusted => "its certificate is not trusted; if an authority of your own made it, name that in `ca_file`",
            Self::OtherName => "its certificate is for another name; write the host as the certificate has it",
            Self::Expired => "its certificate has expired or is not valid yet; renew it, or set this machine's clock",
            Self::Certificate => "its certificate cannot be accepted; see whether it is one for a server",
            Self::NotTls => "what answered does not speak TLS; see the port, and whether TLS begins there at once",
            Self::Tls => "TLS could not be agreed on; see whether TLS 1.2 or 1.3 is spoken there",
            Self::Closed => "it was closed at once; see the port, and whether this machine is let in",
            Self::Other => "see the host and the port",
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[test]
    fn each_certificate_is_told_from_the_others() {
        let of = |wrong| {
            let tls = TlsError::InvalidCertificate(wrong);
            Unreachable::of(&io::Error::new(io::ErrorKind::InvalidData, tls))
        };
        assert_eq!(of(CertificateError::UnknownIssuer), Unreachable::Untrusted);
        assert_eq!(of(CertificateError::NotValidForName), Unreachable::OtherName);
        assert_eq!(of(CertificateError::Expired), Unreachable::Expired);
        assert_eq!(of(CertificateError::BadSignature), Unreachable::Certificate);
    }

    #[tokio::test]
    async fn each_way_to_fail_is_told_over_http() {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = closed.local_addr().unwrap();
        drop(closed);
        let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let speaks_plainly = plain.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = plain.accept().await {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let client = crate::delivery::client::client(None).unwrap();
        for (url, why) in [
            (format!("http://{refused}/canary"), Unreachable::Refused),
            ("https://nobody.invalid/canary".to_owned(), Unreachable::NameNotFound),
            (format!("https://{speaks_plainly}/canary"), Unreachable::NotTls),
        ] {
            let error = client.get(&url).send().await.unwrap_err();
            assert_eq!(Unreachable::of(&error), why, "{url}: {error:?}");
        }
    }
}
