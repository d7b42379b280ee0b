//! The label of an enrolment URI: `account` or `issuer:account`.
//!
//! Google's grammar lets the separator be `:` or `%3A`, and a name may hold a
//! colon too. What the `issuer` parameter says decides between the two.

use alloc::{borrow::ToOwned, string::String};
use core::mem;

use super::{UriError, percent};

/// A label taken apart, with the issuer the URI as a whole names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) issuer: Option<String>,
    pub(super) account: String,
    /// The label named another issuer than the parameter, which won.
    pub(super) mismatch: bool,
}

/// Splits `raw`, still percent-encoded, given the decoded `issuer` parameter.
///
/// 1. Where the text before a colon equals the issuer parameter, that colon is the
///    separator; a literal `:` is tried before `%3A`.
/// 2. Otherwise the first literal `:` is.
/// 3. Otherwise the first `%3A` is, unless there is an issuer parameter: then the
///    colon belongs to the account. An empty parameter says there is no issuer.
pub(super) fn split(raw: &str, issuer: Option<&str>) -> Result<Label, UriError> {
    let named = issuer.filter(|name| !is_blank(name));
    let separators = || {
        let encoded = |at: &usize| raw[at + 1..at + 3].eq_ignore_ascii_case("3A");
        let literal = raw.match_indices(':').map(|(at, _)| (at, 1));
        let escaped = raw.match_indices('%').map(|(at, _)| at).filter(encoded).map(|at| (at, 3));
        literal.chain(escaped)
    };
    let mut account = percent::decode(raw)?; // every escape is whole from here on
    for (at, width) in separators() {
        let Some(name) = named else { break };
        if **percent::decode(&raw[..at])? == *name {
            return label(named, &raw[at + width..]);
        }
    }
    let separator = separators().find(|(_, width)| *width == 1 || issuer.is_none());
    let Some((at, width)) = separator else {
        let account = without_leading_spaces(mem::take(&mut account));
        return Ok(Label { issuer: named.map(str::to_owned), account, mismatch: false });
    };
    let prefix = percent::decode(&raw[..at])?;
    let prefix = Some(prefix.as_str()).filter(|name| !is_blank(name));
    let label = label(named.or(prefix), &raw[at + width..])?;
    Ok(Label { mismatch: named.is_some() && prefix.is_some(), ..label })
}

/// Appends the label that [`split`] takes apart into the same two names.
pub(super) fn write(uri: &mut String, issuer: Option<&str>, account: &str) {
    if let Some(issuer) = issuer {
        uri.extend(percent::encode(issuer));
        uri.push(':');
    }
    uri.extend(percent::encode(account));
}

/// Google's grammar drops spaces after the separator; so no account starts with one.
pub(super) fn without_leading_spaces(mut account: String) -> String {
    let spaces = account.len() - account.trim_start_matches(' ').len();
    account.drain(..spaces);
    account
}

pub(super) fn is_blank(name: &str) -> bool {
    name.trim().is_empty()
}

fn label(issuer: Option<&str>, raw_account: &str) -> Result<Label, UriError> {
    let account = without_leading_spaces(mem::take(&mut *percent::decode(raw_account)?));
    Ok(Label { issuer: issuer.map(str::to_owned), account, mismatch: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str, issuer: Option<&str>) -> (Option<String>, String, bool) {
        let label = split(raw, issuer).unwrap();
        (label.issuer, label.account, label.mismatch)
    }

    fn some(issuer: &str, account: &str) -> (Option<String>, String, bool) {
        (Some(issuer.into()), account.into(), false)
    }

    #[test]
    fn an_encoded_colon_separates_where_the_issuer_parameter_stands_before_it() {
        assert_eq!(
            names("Google%3Afoo@example.com", Some("Google")),
            some("Google", "foo@example.com")
        );
        assert_eq!(names("Google%3afoo", None), some("Google", "foo"));
    }

    #[test]
    fn an_encoded_colon_belongs_to_the_account_where_the_issuer_is_another() {
        assert_eq!(names("alice%3Aadmin", Some("Acme")), some("Acme", "alice:admin"));
        assert_eq!(names("alice%3Aadmin", Some("")), (None, "alice:admin".into(), false));
        assert_eq!(names("Acme:alice%3Aadmin", None), some("Acme", "alice:admin"));
    }

    #[test]
    fn an_issuer_may_hold_a_colon() {
        assert_eq!(names("a%3Ab:alice", Some("a:b")), some("a:b", "alice"));
        assert_eq!(names("a:b:alice", Some("a:b")), some("a:b", "alice"));
        assert_eq!(names("a%3Ab%3Aalice", Some("a:b")), some("a:b", "alice"));
    }

    #[test]
    fn the_issuer_parameter_wins_over_another_prefix() {
        assert_eq!(
            names("Acme:alice", Some("Other")),
            (Some("Other".into()), "alice".into(), true)
        );
        assert_eq!(names("Acme:alice", Some(" ")), some("Acme", "alice"));
    }

    #[test]
    fn spaces_after_the_colon_are_dropped() {
        assert_eq!(names("Acme:%20%20alice%20b", None), some("Acme", "alice b"));
        assert_eq!(names("Acme%3A%20alice", None), some("Acme", "alice"));
    }

    #[test]
    fn dot_segments_are_part_of_the_name() {
        assert_eq!(names("a/../b", None), (None, "a/../b".into(), false));
    }
}
