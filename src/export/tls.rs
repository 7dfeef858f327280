//! TLS to a collector elsewhere, with whom the owner's system trusts.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

use super::StartError;

/// What it takes to connect.
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Reads the system's certificates, or those that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name.
    ///
    /// # Errors
    ///
    /// [`StartError::NoTrust`] when there are none.
    pub(super) fn open() -> Result<Self, StartError> {
        let found = rustls_native_certs::load_native_certs();
        let mut trusted = RootCertStore::empty();
        trusted.add_parsable_certificates(found.certs);
        if trusted.is_empty() {
            let why = found.errors.first().map_or_else(|| "none was found".into(), ToString::to_string);
            return Err(StartError::NoTrust(why));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| StartError::NoTrust(error.to_string()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Shakes hands; `host` must be whom the certificate names.
    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
