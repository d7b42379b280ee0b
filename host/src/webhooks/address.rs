//! Which addresses an account may have us reach: public ones. A request to any other is a
//! request into the operator's own network, in our name.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use url::Host;

use crate::delivery::{ClientError, client_builder};

/// Networks that webhooks may reach though they are not public.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// These, each as `10.1.0.0/16`.
    ///
    /// # Errors
    /// The first that is none.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<Self, AddressError> {
        let parse = |text: &String| text.trim().parse().map_err(|_| AddressError::Network);
        texts.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Reads an address to post to.
    ///
    /// # Errors
    /// [`AddressError`]. A name that leads to a private address is found out when it is used.
    pub fn url(&self, text: &str) -> Result<Url, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Url)?;
        if text.len() > 2_048 || !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Url);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(AddressError::Url),
        };
        if address.is_some_and(|address| !self.admit(address)) {
            return Err(AddressError::Private);
        }
        match (url.scheme(), address) {
            ("https", _) => Ok(url),
            ("http", Some(address)) if address.is_loopback() => Ok(url),
            ("http", _) => Err(AddressError::Unencrypted),
            _ => Err(AddressError::Url),
        }
    }

    fn admit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.0.iter().any(|network| network.contains(&address))
    }
}

/// Why an address cannot be posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressError {
    /// It is none.
    Url,
    /// It would be reached without encryption.
    Unencrypted,
    /// It is in a private network.
    Private,
    /// A network that is none.
    Network,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "write an address like https://bank.example/keyfob, without a password in it",
            Self::Unencrypted => "use https: events say who was sent what",
            Self::Private => "the address is in a private network; use a public one, or have the operator allow the network under [webhooks]",
            Self::Network => "write networks like 10.1.0.0/16",
        })
    }
}

impl std::error::Error for AddressError {}

/// A client that connects to nothing but what these networks admit, whatever a name leads to
/// at that moment.
pub(super) fn client(networks: Networks) -> Result<Client, ClientError> {
    let resolver = Arc::new(Resolver(networks));
    client_builder(None)?.dns_resolver(resolver).build().map_err(|_| ClientError::Tls)
}

struct Resolver(Networks);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> =
                found.filter(|address| networks.admit(address.ip())).collect();
            if admitted.is_empty() {
                let refused =
                    io::Error::new(io::ErrorKind::PermissionDenied, AddressError::Private);
                return Err(refused.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public Internet (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            (0 | 224.., ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
        );
    !special
}

/// Of the global block; and of those addresses in it that stand for one of version 4, or lead
/// out of a tunnel, none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_global = first & 0xe000 == 0x2000;
    let special = matches!(
        (first, second),
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff)
    );
    is_global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_private_address_is_admitted() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[fc00::1]",
            "[fe80::1]",
            "[ff02::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "[::127.0.0.1]",
        ] {
            let refused = Networks::default().url(&format!("https://{host}/")).unwrap_err();
            assert_eq!(refused, AddressError::Private, "{host}");
        }
        for host in ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "bank.example"] {
            assert!(Networks::default().url(&format!("https://{host}/")).is_ok(), "{host}");
        }
    }

    #[test]
    fn an_operator_can_admit_a_network_and_nothing_beside_it() {
        let networks = Networks::parse(&["10.1.0.0/16".to_owned()]).unwrap();
        assert!(networks.url("https://10.1.2.3/").is_ok());
        assert!(networks.url("https://[::ffff:10.1.2.3]/").is_ok(), "the same address");
        assert_eq!(networks.url("https://10.2.0.1/").unwrap_err(), AddressError::Private);
        assert_eq!(networks.url("http://10.1.2.3/").unwrap_err(), AddressError::Unencrypted);
        assert_eq!(Networks::parse(&["10.1".to_owned()]).unwrap_err(), AddressError::Network);
    }

    #[test]
    fn what_is_no_address_to_post_to_is_refused() {
        for text in [
            "",
            "bank.example",
            "ftp://bank.example",
            "https://u:p@bank.example",
            "file:///etc/passwd",
        ] {
            assert!(Networks::default().url(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let refused = client(Networks::default()).unwrap().get(&url).send().await;
        assert!(refused.unwrap_err().is_connect());
        let allowed = Networks::parse(&["127.0.0.0/8".to_owned(), "::1/128".to_owned()]).unwrap();
        let asking = client(allowed).unwrap().get(&url).send();
        tokio::select! {
            _ = listener.accept() => {}
            _ = asking => panic!("nobody answers"),
        }
    }
}
