//! Private keys, by the names that only they have. Under any other name their
//! content tells ([`content`](super::super::content)): so `*.pem`, `*.key`,
//! `*.asc` and `*.ovpn`, which are as often public, have no row here.

use super::{Holds, Table};

pub(in super::super) const KEYS: Table = Table {
    holds: Holds::PrivateKey,
    rows: &[
        ".ssh",                         // OpenSSH: keys, and whom they open
        "id_rsa",                       // OpenSSH, outside of its directory
        "id_rsa.pem",                   // the same, converted
        "id_rsa.key",                   // the same
        "id_rsa_+",                     // ssh-keygen -f id_rsa_work
        "id_rsa-+",                     // the same
        "id_dsa",                       // OpenSSH
        "id_dsa_+",                     // the same
        "id_ecdsa",                     // OpenSSH
        "id_ecdsa.pem",                 // the same, converted
        "id_ecdsa_+",                   // also id_ecdsa_sk, which needs its token
        "id_ecdsa-+",                   // the same
        "id_ed25519",                   // OpenSSH
        "id_ed25519.pem",               // the same, converted
        "id_ed25519_+",                 // also id_ed25519_sk
        "id_ed25519-+",                 // the same
        "id_xmss",                      // OpenSSH
        "ssh_host_*_key",               // sshd
        "*.ppk",                        // PuTTY
        "*.p12",                        // PKCS#12: Java, browsers, Apple
        "*.pfx",                        // PKCS#12: Windows
        "*.pkcs12",                     // PKCS#12
        "*.p8",                         // PKCS#8: App Store Connect, APNs (AuthKey_*.p8)
        "*.pvk",                        // Authenticode
        "*.jks",                        // Java
        "*.jceks",                      // Java
        "*.bks",                        // Bouncy Castle
        "*.bcfks",                      // Bouncy Castle
        "*.keystore",                   // Java, Android
        "*.keytab",                     // Kerberos
        "krb5cc_*",                     // Kerberos tickets
        ".gnupg",                       // GnuPG
        "secring.gpg",                  // GnuPG 1, PGP
        "secring.pgp",                  // PGP
        "secring.skr",                  // PGP
        ".pki",                         // NSS: certificates and their keys
        ".caff",                        // caff, with a key ring of its own
        "master.key",                   // Rails: opens config/credentials.yml.enc
        "config/credentials/*.key",     // the same for one environment
        "secrets.yml.key",              // Rails 5.1
        "sops/age/keys.txt",            // sops
        ".config/age",                  // age identities
        ".vagrant/**/private_key",      // Vagrant
        "android/key.properties",       // Flutter: passwords of the signing key
        "keystore.properties",          // Android: the same
        "signing.properties",           // Gradle: the same
        "minisign.key",                 // minisign
        ".minisign",                    // minisign
        ".signify",                     // signify
        "hs_ed25519_secret_key",        // Tor onion services
        "secret_id_key",                // Tor relays
        "ed25519_master_id_secret_key", // Tor relays
        "ed25519_signing_secret_key",   // Tor relays
        ".chef/credentials",            // Chef
        ".step/secrets",                // step-ca
        "vault_pass",                   // Ansible
        "vault_pass.txt",               // Ansible
        ".vault_pass",                  // Ansible
        ".vault_pass.txt",              // Ansible
        ".vault-pass",                  // Ansible
        ".vault_password",              // Ansible
        "vault-password-file",          // Ansible
        "vault_password_file",          // Ansible
    ],
    // the key of every debug build of Android, which the project templates carry
    spared: &["debug"],
};

pub(in super::super) const WALLETS: Table = Table {
    holds: Holds::PrivateKey,
    rows: &[
        "wallet.dat",                   // Bitcoin Core and its kin
        ".bitcoin/wallets",             // Bitcoin Core
        ".electrum/wallets",            // Electrum
        ".ethereum/keystore",           // geth
        ".foundry/keystores",           // Foundry
        ".brownie/accounts",            // Brownie
        ".config/solana/id.json",       // Solana
        ".near-credentials",            // NEAR
        ".sui/sui_config/sui.keystore", // Sui
        ".aptos/config.yaml",           // Aptos
        ".lnd/**/*.macaroon",           // lnd
    ],
    spared: &[],
};
