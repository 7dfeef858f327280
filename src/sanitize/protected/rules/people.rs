//! What a person does: typed commands, browsers, passwords, messages.

use super::{Holds, Table};

pub(in super::super) const HISTORIES: Table = Table {
    holds: Holds::History,
    rows: &[
        ".+_history", // .bash_history, .zsh_history, .python_history, .psql_history, .node_repl_history, …
        ".+-history", // .irb-history, .mycli-history, .erlang-history
        ".history",   // tcsh; Local History (VS Code), which keeps copies of everything
        ".histfile",  // zsh-newuser-install
        ".zhistory",  // zsh
        ".lesshst",   // less
        ".viminfo",   // Vim: also registers
        "*.shada",    // Neovim: also registers
        "fish_history", // fish
        "nushell/history.txt", // Nushell
        "nushell/history.sqlite3", // Nushell
        ".local/share/atuin", // Atuin
        "consolehost_history.txt", // PowerShell
        ".pythonhist", // Python, by hand
        ".ipython/**/history.sqlite", // IPython
        ".rhistory",  // R, in a project
        ".julia/logs/repl_history.jl", // Julia
        ".octave_hist", // Octave
        ".rdebug_hist", // ruby-debug
        ".lldb/lldb-*-history", // LLDB
        ".ghc/ghci_history", // GHC
        ".dbshell",   // MongoDB
        ".mongodb/mongosh", // MongoDB
        ".config/pgcli/history", // pgcli
        ".config/litecli/history", // litecli
        ".ammonite/history", // Ammonite
        ".groovy/groovysh.history", // Groovy
        ".cache/deno/deno_history.txt", // Deno
        "deno_history.txt", // Deno
        ".aider.input.history", // Aider
    ],
    spared: &[],
};

pub(in super::super) const BROWSERS: Table = Table {
    holds: Holds::Browser,
    rows: &[
        ".mozilla",                                // Firefox
        ".librewolf",                              // LibreWolf
        ".waterfox",                               // Waterfox
        ".zen",                                    // Zen
        ".floorp",                                 // Floorp
        ".config/google-chrome*",                  // Chrome, its beta and dev
        ".var/app/*/config/google-chrome*",        // Chrome as a Flatpak
        ".config/chromium",                        // Chromium
        "snap/chromium/common/chromium",           // Chromium as a snap
        ".var/app/*/config/chromium",              // Chromium as a Flatpak
        ".config/bravesoftware",                   // Brave
        ".var/app/*/config/bravesoftware",         // Brave as a Flatpak
        ".config/microsoft-edge*",                 // Edge
        ".config/opera*",                          // Opera
        ".config/vivaldi*",                        // Vivaldi
        ".config/yandex-browser*",                 // Yandex
        ".local/share/epiphany",                   // GNOME Web
        ".config/epiphany",                        // GNOME Web
        ".local/share/qutebrowser",                // qutebrowser
        "application support/google/chrome*",      // Chrome on macOS
        "application support/chromium",            // Chromium on macOS
        "application support/bravesoftware",       // Brave on macOS
        "application support/microsoft edge*",     // Edge on macOS
        "application support/com.operasoftware.*", // Opera on macOS
        "application support/vivaldi",             // Vivaldi on macOS
        "application support/arc",                 // Arc on macOS
        "application support/firefox",             // Firefox on macOS
        "users/*/library/safari",                  // Safari
        "library/containers/com.apple.safari*",    // Safari
        "appdata/local/google/chrome*",            // Chrome on Windows
        "appdata/local/chromium",                  // Chromium on Windows
        "appdata/local/microsoft/edge*",           // Edge on Windows
        "appdata/local/bravesoftware",             // Brave on Windows
        "appdata/local/vivaldi",                   // Vivaldi on Windows
        "appdata/roaming/mozilla",                 // Firefox on Windows
        "appdata/local/mozilla",                   // Firefox on Windows
        "appdata/roaming/opera software",          // Opera on Windows
        "login data",                              // Chromium, wherever a profile was copied to
        "login data for account",                  // the same
        "profile */cookies",                       // the same
        "default/network/cookies",                 // the same
        "profile */network/cookies",               // the same
        "key3.db",                                 // Firefox, wherever a profile was copied to
        "key4.db",                                 // the same
        "logins.json",                             // the same
        "logins-backup.json",                      // the same
        "signons.sqlite",                          // the same
        "cookies.sqlite",                          // the same
        "cookies.sqlite-wal",                      // the same
        "cookies.binarycookies",                   // Safari
        "sessionstore.jsonlz4",                    // Firefox
        "sessionstore-backups",                    // Firefox
    ],
    spared: &[],
};

pub(in super::super) const PASSWORDS: Table = Table {
    holds: Holds::Passwords,
    rows: &[
        ".password-store",                  // pass
        ".gopass",                          // gopass
        ".local/share/gopass",              // gopass
        "*.kdbx",                           // KeePass
        "*.kdb",                            // KeePass 1
        ".config/keepassxc",                // KeePassXC
        ".keepassx",                        // KeePassX
        ".local/share/keyrings",            // GNOME
        ".gnome2/keyrings",                 // GNOME 2
        ".local/share/kwalletd",            // KDE
        ".kde/share/apps/kwallet",          // KDE 3
        ".kde4/share/apps/kwallet",         // KDE 4
        "*.kwl",                            // KDE
        "library/keychains",                // macOS
        "*.keychain",                       // macOS
        "*.keychain-db",                    // macOS
        "appdata/*/microsoft/credentials",  // Windows
        "appdata/*/microsoft/vault",        // Windows
        "appdata/*/microsoft/protect",      // Windows: the keys to both
        "*.agilekeychain",                  // 1Password 3
        "*.opvault",                        // 1Password 4
        "*.1pif",                           // 1Password, exported
        "*.1pux",                           // 1Password, exported
        ".op",                              // 1Password CLI
        ".config/op",                       // 1Password CLI
        ".config/1password",                // 1Password
        "application support/1password*",   // 1Password on macOS
        "group containers/*.com.1password", // 1Password on macOS
        "appdata/local/1password",          // 1Password on Windows
        ".config/bitwarden",                // Bitwarden
        ".config/bitwarden cli",            // Bitwarden CLI
        "application support/bitwarden*",   // Bitwarden on macOS
        "appdata/roaming/bitwarden*",       // Bitwarden on Windows
        ".config/rbw",                      // rbw
        ".local/share/rbw",                 // rbw
        ".lastpass",                        // LastPass
        ".local/share/lpass",               // LastPass CLI
        ".config/enpass",                   // Enpass
        "*.enpassdb",                       // Enpass
        "*.psafe3",                         // Password Safe
        "*.psafe2",                         // Password Safe
        "*.pwsafe",                         // pwsafe
        ".config/keybase",                  // Keybase
        ".config/authy desktop",            // Authy
        ".config/qtpass",                   // QtPass
        ".config/plasmavaultrc",            // Plasma Vault
        ".ecryptfs",                        // eCryptfs
        "*.kirbi",                          // Kerberos tickets on Windows
    ],
    spared: &[],
};

pub(in super::super) const MESSAGES: Table = Table {
    holds: Holds::Credentials,
    rows: &[
        ".thunderbird",                // Thunderbird
        ".icedove",                    // Thunderbird
        "users/*/library/thunderbird", // Thunderbird on macOS
        "appdata/roaming/thunderbird", // Thunderbird on Windows
        ".local/share/evolution",      // Evolution
        ".config/evolution",           // Evolution
        "users/*/library/mail",        // macOS
        "users/*/library/messages",    // macOS
        ".purple",                     // Pidgin
        ".config/signal",              // Signal
        "application support/signal",  // Signal on macOS
        ".config/slack",               // Slack
        ".config/discord*",            // Discord
        "telegramdesktop/tdata",       // Telegram
        "telegram desktop/tdata",      // Telegram on Windows
        ".config/element",             // Element
        "weechat/sec.conf",            // WeeChat
        ".weechat/sec.conf",           // WeeChat
        ".irssi/config",               // irssi
    ],
    spared: &[],
};
