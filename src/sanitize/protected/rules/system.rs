//! What a whole system keeps to itself, for roots that hold one.

use super::{Holds, Table};

pub(in super::super) const SYSTEM: Table = Table {
    holds: Holds::System,
    rows: &[
        "etc/shadow",                        // passwords
        "etc/shadow-",                       // passwords, before
        "etc/shadow+",                       // passwords, to be
        "etc/gshadow",                       // passwords of groups
        "etc/gshadow-",                      // the same
        "etc/gshadow+",                      // the same
        "etc/master.passwd",                 // BSD, macOS
        "etc/spwd.db",                       // BSD
        "etc/security/opasswd",              // PAM: passwords before
        "etc/tcb",                           // ALT, Openwall: passwords
        "etc/sudoers",                       // who may become whom
        "etc/sudoers.d",                     // the same
        "etc/ssl/private",                   // keys
        "etc/pki/tls/private",               // keys
        "etc/pki/nssdb",                     // keys
        "etc/krb5.keytab",                   // Kerberos
        "etc/letsencrypt/archive",           // keys of certbot
        "etc/letsencrypt/accounts",          // keys of certbot
        "etc/credstore*",                    // systemd
        "var/lib/systemd/credential.secret", // systemd
        "var/lib/sss/secrets",               // SSSD
        "var/lib/sss/db",                    // SSSD: hashes
        "var/lib/samba/private",             // Samba
        "var/db/dslocal",                    // macOS: hashes
        "system32/config/sam",               // Windows: hashes
        "system32/config/system",            // Windows: what opens them
        "system32/config/security",          // Windows
        "ntds.dit",                          // Active Directory
        "proc/*/environ",                    // the environment of a process
        "proc/*/mem",                        // its memory
        "proc/kcore",                        // all memory
    ],
    spared: &[],
};

pub(in super::super) const NETWORKS: Table = Table {
    holds: Holds::PrivateKey,
    rows: &[
        "etc/wireguard",                     // WireGuard
        "etc/openvpn",                       // OpenVPN
        "etc/ppp/chap-secrets",              // pppd
        "etc/ppp/pap-secrets",               // pppd
        "ipsec.secrets",                     // strongSwan
        "etc/swanctl/private",               // strongSwan
        "wpa_supplicant.conf",               // passwords of wireless networks
        "networkmanager/system-connections", // the same
        "etc/netplan",                       // the same
        "var/lib/iwd",                       // the same
        "var/lib/tor",                       // Tor
        "var/lib/tailscale",                 // Tailscale
        "var/lib/bluetooth",                 // keys of devices
        "tailscaled.state",                  // Tailscale
        ".config/protonvpn",                 // Proton VPN
        ".cisco/vpn",                        // Cisco
        ".juniper_networks",                 // Juniper
    ],
    spared: &[],
};
