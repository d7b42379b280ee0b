use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::ParameterError;

/// The address of a client as limits see it: an IPv4 address, or the first 64 bits of an
/// IPv6 one, since whoever has one address of such a network has them all.
///
/// `Debug` is redacted: an address is personal data.
///
/// ```
/// use keyfob::service::ClientAddress;
/// let address: ClientAddress = "2001:db8:1:2::1".parse()?;
/// assert_eq!(address, "2001:db8:1:2:ffff::9".parse()?);
/// assert_eq!("192.0.2.1".parse::<ClientAddress>()?, "::ffff:192.0.2.1".parse()?);
/// # Ok::<(), keyfob::ParameterError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(Group);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Group {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl ClientAddress {
    /// An address that limits see as this one. What was left out of it is all ones, so that it
    /// stands for no other.
    pub fn representative(&self) -> IpAddr {
        match self.0 {
            Group::V4(address) => address.into(),
            Group::V6(network) => {
                let mut octets = [0xff; 16];
                octets[..8].copy_from_slice(&network);
                octets.into()
            }
        }
    }

    /// What counters are named by.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.0 {
            Group::V4(address) => address,
            Group::V6(network) => network,
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => Group::V4(address.octets()),
            IpAddr::V6(address) => of_v6(address),
        })
    }
}

impl FromStr for ClientAddress {
    type Err = ParameterError;

    /// Reads an IPv4 or IPv6 address without port, zone or prefix length.
    fn from_str(text: &str) -> Result<Self, ParameterError> {
        let address = text.parse::<IpAddr>().map_err(|_| ParameterError::ClientAddress)?;
        Ok(address.into())
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(redacted)")
    }
}

/// One that stands for an IPv4 address is that: mapped (RFC 4291 §2.5.5.2), or translated
/// under the well-known prefix (RFC 6052), behind which all of IPv4 would share one limit.
fn of_v6(address: Ipv6Addr) -> Group {
    let translated = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_ipv4_mapped(),
    };
    if let Some(address) = translated {
        return Group::V4(address.octets());
    }
    let [network @ .., _, _, _, _, _, _, _, _] = address.octets();
    Group::V6(network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn address(text: &str) -> ClientAddress {
        text.parse().unwrap()
    }

    #[test]
    fn one_network_has_one_limit_and_one_spelling() {
        assert_eq!(address("2001:db8::1"), address("2001:0DB8:0:0:ffff:ffff:ffff:ffff"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        for same in ["::ffff:192.0.2.1", "::ffff:c000:201", "64:ff9b::192.0.2.1"] {
            assert_eq!(address(same), address("192.0.2.1"), "{same}");
        }
    }

    #[test]
    fn what_stands_for_an_address_is_seen_as_it() {
        for text in ["192.0.2.1", "2001:db8::1", "::1", "64:ff9b::192.0.2.1", "64:ff9b::1:0:0:0"] {
            let address = address(text);
            assert_eq!(ClientAddress::from(address.representative()), address, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_debug_shows_one() {
        for text in ["", "192.0.2.1:80", "192.0.2", "fe80::1%eth0", "2001:db8::/64", "localhost"] {
            assert_eq!(text.parse::<ClientAddress>(), Err(ParameterError::ClientAddress));
        }
        assert_eq!(format!("{:?}", address("192.0.2.1")), "ClientAddress(redacted)");
    }
}
