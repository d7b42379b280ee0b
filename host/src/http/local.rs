//! With `--dev` every code is on a page. A web site can have its own name point at this
//! machine and then read that page in the browser of whoever visits it (DNS rebinding);
//! but the browser still sends the site's name, so only names of this machine are answered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Problem;

/// Answers requests to this machine's own names, and refuses all others.
pub(super) async fn only(request: Request, next: Next) -> Response {
    if is_local(request.headers()) {
        return next.run(request).await;
    }
    let detail = "with --dev keyfob answers only to localhost, 127.0.0.1 and [::1], since other names may be a web site's that is after the codes; open http://localhost with this port, or run without --dev";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "host-not-local", detail).into_response()
}

fn is_local(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
    host.is_some_and(|host| !host.as_str().contains('@') && is_local_name(host.host()))
}

fn is_local_name(name: &str) -> bool {
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse() == Ok(Ipv6Addr::LOCALHOST),
        None => name.parse::<Ipv4Addr>().is_ok_and(|address| IpAddr::from(address).is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(hosts: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        is_local(&headers)
    }

    #[test]
    fn only_names_that_nobody_else_can_own_are_this_machine() {
        for host in
            ["localhost", "LocalHost:8080", "127.0.0.1", "127.8.9.1:80", "[::1]", "[::1]:80"]
        {
            assert!(answered(&[host]), "{host}");
        }
        let others = [
            "evil.example",
            "localhost.evil.example",
            "localhost.",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil@localhost",
            "127.1",
            "::1",
            "[::2]",
            "0.0.0.0",
            "192.168.0.1",
            "",
            "localhost/x",
        ];
        for host in others {
            assert!(!answered(&[host]), "{host}");
        }
        assert!(!answered(&[]), "a browser always says where it goes");
        assert!(!answered(&["localhost", "evil.example"]));
    }
}
