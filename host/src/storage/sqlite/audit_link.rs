use std::fmt;

use keyfob::service::MacKey;
use rusqlite::{Connection, Result};

use super::meta;

/// A row of the audit trail by its number and MAC: the head, or where the rest begins. Written as
/// `NUMBER:MAC`, the MAC in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// The number of the row; 0 before the first.
    pub seq: u64,
    /// Its MAC; zeroes before the first.
    pub mac: [u8; 32],
}

/// Which link a database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkName {
    /// The last row.
    Head,
    /// The last row that was cut because it was old.
    Start,
}

impl Link {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, mac) = text.split_once(':')?;
        if mac.len() != 64 || !mac.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(mac.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self { seq: seq.parse().ok()?, mac: bytes })
    }

    /// The link of this name, if there is one and it was written with this key.
    pub(super) fn read(
        connection: &Connection,
        name: LinkName,
        key: &MacKey,
    ) -> Result<Option<Self>> {
        let bytes = meta::value(connection, name.text())?.unwrap_or_default();
        let Some((seq, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        let Some((mac, tag)) = rest.split_first_chunk::<32>() else { return Ok(None) };
        let link = Self { seq: u64::from_be_bytes(*seq), mac: *mac };
        let is_ours = key.is_mac_of(&[name.text().as_bytes(), seq, mac], tag);
        Ok(is_ours.then_some(link))
    }

    pub(super) fn write(self, connection: &Connection, name: LinkName, key: &MacKey) -> Result<()> {
        let seq = self.seq.to_be_bytes();
        let tag = key.mac(&[name.text().as_bytes(), &seq, &self.mac]);
        meta::set(connection, name.text(), &[&seq[..], &self.mac, &tag].concat())
    }
}

impl LinkName {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Head => "audit_head",
            Self::Start => "audit_start",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_notes_is_read_back_and_nothing_else_is() {
        let link = Link { seq: 4_711, mac: std::array::from_fn(|at| at as u8) };
        let text = link.to_string();
        assert_eq!(Link::parse(&text), Some(link));
        for bad in [
            "",
            ":",
            &text[1..40],
            &format!("x{text}"),
            &text.replace(':', ""),
            &format!("{text}0"),
        ] {
            assert_eq!(Link::parse(bad), None, "{bad}");
        }
    }
}
