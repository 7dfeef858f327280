//! Passwords and tokens that programs keep for their user, and those that
//! hosts of models keep.

use super::{Holds, Table};

pub(in super::super) const CREDENTIALS: Table = Table {
    holds: Holds::Credentials,
    rows: &[
        ".netrc",                                // curl, git, ftp
        "_netrc",                                // the same on Windows
        ".authinfo",                             // Emacs
        ".git/config",                           // git: a remote's URL may hold a password
        "*.git/config",                          // a bare repository
        ".git/config.worktree",                  // git
        ".git/modules/**/config",                // git: submodules
        ".git/worktrees/*/config.worktree",      // git
        ".git-credentials",                      // git credential-store
        ".config/git/credentials",               // the same
        ".git-credential-cache",                 // git credential-cache: its socket
        ".cache/git/credential",                 // the same
        ".gitcookies",                           // Gerrit, googlesource.com
        ".hg/hgrc",                              // Mercurial: a path's URL may hold a password
        ".subversion/auth",                      // Subversion
        ".bazaar/authentication.conf",           // Bazaar
        ".config/breezy/authentication.conf",    // Breezy
        ".cvspass",                              // CVS
        ".p4tickets",                            // Perforce
        ".arcrc",                                // Phabricator
        ".config/gh/hosts.yml",                  // GitHub CLI
        "github cli/hosts.yml",                  // the same on Windows
        ".config/hub",                           // hub
        ".config/glab-cli",                      // GitLab CLI
        ".config/tea/config.yml",                // Gitea CLI
        ".config/lab/lab.toml",                  // lab
        ".jj/repo/store/git/config",             // Jujutsu: as .git/config
        ".pgpass",                               // PostgreSQL
        "pgpass.conf",                           // the same on Windows
        ".pg_service.conf",                      // PostgreSQL
        ".my.cnf",                               // MySQL, MariaDB
        ".mylogin.cnf",                          // MySQL
        ".cassandra/credentials",                // Cassandra
        ".cassandra/cqlshrc",                    // Cassandra
        ".cqlshrc",                              // Cassandra
        ".dbt/profiles.yml",                     // dbt
        ".snowsql/config",                       // SnowSQL
        ".snowflake",                            // Snowflake CLI
        ".databrickscfg",                        // Databricks CLI
        ".dbeaver-data-sources.xml",             // DBeaver
        "credentials-config.json",               // DBeaver
        ".msmtprc",                              // msmtp
        ".config/msmtp/config",                  // msmtp
        ".esmtprc",                              // esmtp
        ".fetchmailrc",                          // fetchmail
        ".getmailrc",                            // getmail
        ".offlineimaprc",                        // OfflineIMAP
        ".mbsyncrc",                             // isync
        ".smbcredentials",                       // mount.cifs
        ".davfs2/secrets",                       // davfs2
        "davfs2/secrets",                        // the same, of the system
        ".passwd-s3fs",                          // s3fs
        "filezilla/sitemanager.xml",             // FileZilla
        "filezilla/recentservers.xml",           // FileZilla
        "filezilla/filezilla.xml",               // FileZilla
        ".filezilla",                            // FileZilla
        "winscp.ini",                            // WinSCP
        ".ftpconfig",                            // Remote-FTP (Atom)
        "sftp-config.json",                      // SFTP (Sublime Text)
        ".vscode/sftp.json",                     // SFTP (VS Code)
        ".remote-sync.json",                     // Remote Sync (Atom)
        ".idea/webservers.xml",                  // JetBrains
        ".idea/datasources.local.xml",           // JetBrains
        "proftpdpasswd",                         // ProFTPD
        ".htpasswd",                             // Apache
        ".google_authenticator",                 // one-time passwords
        ".sentryclirc",                          // Sentry
        ".ngrok2",                               // ngrok
        "ngrok.yml",                             // ngrok
        ".tugboat",                              // tugboat (DigitalOcean)
        ".travis/config.yml",                    // Travis CI
        ".circleci/cli.yml",                     // CircleCI
        ".config/configstore",                   // Firebase, and others that use this package
        ".config/stripe",                        // Stripe
        ".twilio-cli",                           // Twilio
        ".config/netlify",                       // Netlify
        ".netlify/config.json",                  // Netlify, before
        "com.vercel.cli/auth.json",              // Vercel
        ".now/auth.json",                        // Vercel, before
        ".fly/config.yml",                       // Fly.io
        ".railway/config.json",                  // Railway
        ".render/cli.yaml",                      // Render
        ".wrangler/config/default.toml",         // Cloudflare
        ".config/.wrangler/config/default.toml", // Cloudflare
        ".cloudflared",                          // Cloudflare tunnels
        ".supabase/access-token",                // Supabase
        ".config/planetscale",                   // PlanetScale
        ".config/turso/settings.json",           // Turso
        ".expo/state.json",                      // Expo
        ".heroku",                               // Heroku
        ".config/heroku",                        // Heroku
        ".acme.sh/account.conf",                 // acme.sh: tokens of the DNS provider
        ".kaggle/kaggle.json",                   // Kaggle
        "kaggle.json",                           // the same, as it is downloaded
        ".huggingface/token",                    // Hugging Face
        ".cache/huggingface/token",              // Hugging Face
        ".cache/huggingface/stored_tokens",      // Hugging Face
        ".config/wandb",                         // Weights & Biases
        ".streamlit/secrets.toml",               // Streamlit
        ".microsoft/usersecrets",                // .NET user secrets
        "appdata/roaming/microsoft/usersecrets", // the same on Windows
        "credentials.json",                      // Google's samples, and many after them
        "client_secret.json",                    // Google OAuth
        "client_secrets.json",                   // Google OAuth
        "client_secret_*.json",                  // Google OAuth, as it is downloaded
        "serviceaccountkey.json",                // Firebase's samples
        "*-firebase-adminsdk-*.json",            // Firebase, as it is downloaded
        ".slack/credentials.json",               // Slack CLI
        "run/secrets",                           // Docker, Kubernetes
    ],
    spared: &["example", "sample", "template"],
};

/// What starts a model's servers hands them their tokens.
pub(in super::super) const HOSTS: Table = Table {
    holds: Holds::Host,
    rows: &[
        "claude_desktop_config.json",        // Claude Desktop
        ".claude.json",                      // Claude Code
        ".claude/.credentials.json",         // Claude Code
        ".codex/auth.json",                  // Codex
        ".gemini/oauth_creds.json",          // Gemini CLI
        ".gemini/google_accounts.json",      // Gemini CLI
        ".gemini/mcp-oauth-tokens.json",     // Gemini CLI
        ".qwen/oauth_creds.json",            // Qwen Code
        "github-copilot/hosts.json",         // Copilot
        "github-copilot/apps.json",          // Copilot
        "cline_mcp_settings.json",           // Cline
        "mcp_settings.json",                 // Roo Code
        ".codeium/windsurf/mcp_config.json", // Windsurf
        ".continue/config.json",             // Continue
        ".continue/config.yaml",             // Continue
        "opencode/auth.json",                // OpenCode
        "opencode/mcp-auth.json",            // OpenCode
        "goose/secrets.yaml",                // Goose
        "io.datasette.llm/keys.json",        // llm
        ".mcp-auth",                         // mcp-remote
        ".config/github-copilot",            // Copilot
        ".copilot/mcp-config.json",          // Copilot CLI
        ".aider/oauth-keys.env",             // Aider
        ".local/share/crush",                // Crush
    ],
    spared: &[],
};
