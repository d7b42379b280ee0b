//! Which requests may change something: those of our own pages.

use axum::http::{HeaderMap, header};

/// Whether a form was sent by a page of this service, as the browser says. Every browser of
/// today sends `Sec-Fetch-Site` over TLS and to this machine's own names; to one that does not,
/// `Origin` must name the host that was asked. Whoever sends neither is refused: a form of this
/// service always has one of them.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().unwrap_or_default());
        if values.next().is_some() { Some("") } else { value }
    };
    if let Some(site) = one("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (one(header::ORIGIN.as_str()), one(header::HOST.as_str()))
    else {
        return false;
    };
    let origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn judged(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map =
            HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("otp.example"))]);
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_from_here(&map)
    }

    #[test]
    fn only_a_page_of_this_service_may_send_a_form() {
        assert!(judged(&[("sec-fetch-site", "same-origin")]));
        assert!(judged(&[("sec-fetch-site", "same-origin"), ("origin", "null")]), "no-referrer");
        assert!(judged(&[("origin", "https://otp.example")]));
        for refused in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://otp.example")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://otp.example.evil.example")],
            &[("origin", "https://evil.example/otp.example")],
            &[("origin", "https://otp.example"), ("origin", "https://evil.example")],
            &[("origin", "https://otp.example"), ("host", "evil.example")],
        ] {
            assert!(!judged(refused), "{refused:?}");
        }
    }
}
