//! Where a collector listens.
//!
//! An [`Endpoint`] is the base that `OTEL_EXPORTER_OTLP_ENDPOINT` names in
//! other programs: http or https, a host, perhaps a path, and nothing else.
//! It holds no secret, so it may be shown.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// By TLS.
    Https,
}

/// The base of a collector's addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    url: Url,
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

impl Endpoint {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// The end of a sentence that begins with where the text stands.
    pub fn parse(text: &str) -> Result<Self, String> {
        const RULE: &str = "must be the base address of a collector, such as \"http://127.0.0.1:4318\"";
        let mut url = Url::parse(text).map_err(|_| RULE.to_owned())?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(RULE.to_owned()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a name or a password: it is shown".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{RULE}, without `?` and `#`"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        if url.path().ends_with("/v1/logs") || url.path().ends_with("/v1/traces") {
            return Err(format!("{RULE}; `/v1/logs` and `/v1/traces` are added to it"));
        }
        let (Some(host), Some(port)) = (url.host().map(|host| host.to_owned()), url.port_or_known_default())
        else {
            return Err(RULE.to_owned());
        };
        Ok(Self { url, scheme, host, port })
    }

    /// How it is spoken to.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, as a resolver or a certificate names it.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What stands in `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// The path of one kind of signal: `v1/logs` or `v1/traces` behind the base.
    #[must_use]
    pub fn path(&self, signal: &str) -> String {
        format!("{}/{signal}", self.url.path().trim_end_matches('/'))
    }

    /// Whether what is sent there never leaves this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => IpAddr::from(*address).to_canonical().is_loopback(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_stand_behind_the_base() {
        for (text, path, local) in [
            ("http://127.0.0.1:4318", "/v1/logs", true),
            ("http://localhost:4318/", "/v1/logs", true),
            ("http://[::1]:4318", "/v1/logs", true),
            ("https://otlp.example.com/team/otlp/", "/team/otlp/v1/logs", false),
            ("http://10.0.0.1", "/v1/logs", false),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.path("v1/logs").as_str(), endpoint.is_local()), (path, local), "{text}");
            assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
        }
        let endpoint = Endpoint::parse("http://[::1]").unwrap();
        assert_eq!((endpoint.host().as_str(), endpoint.port(), endpoint.authority()), ("::1", 80, "[::1]"));
    }

    #[test]
    fn what_is_no_base_is_refused() {
        for bad in [
            "",
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "file:///tmp/x",
            "http://",
            "http://me:secret@127.0.0.1:4318",
            "http://me@127.0.0.1:4318",
            "http://127.0.0.1:4318/?a=b",
            "http://127.0.0.1:4318/#x",
            "http://127.0.0.1:4318/v1/logs",
        ] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
    }
}
