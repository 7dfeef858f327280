//! What makes another program run commands, without anybody being asked: read
//! as any file, written by no tool.
//!
//! What is run only when a person says so (a Makefile, the scripts of a
//! package, a workflow that is pushed) is source like any other and has no row.

use super::{Holds, Table};

const fn runs(rows: &'static [&'static str]) -> Table {
    Table { holds: Holds::Commands, rows, spared: &[] }
}

pub(in super::super) const REPOSITORIES: Table = runs(&[
    ".git",               // git: hooks, filters, and where it looks for both
    "*.git/hooks",        // a bare repository
    ".githooks",          // core.hooksPath, by custom
    ".husky",             // husky
    ".hg",                // Mercurial: hooks
    ".hgrc",              // Mercurial
    ".gitconfig",         // git: aliases, pagers, editors
    ".config/git",        // the same
    "etc/gitconfig",      // the same
    ".gitmodules",        // git: CVE-2024-32002
    ".lefthook",          // Lefthook
    "lefthook.yml",       // Lefthook
    "lefthook.yaml",      // Lefthook
    ".lefthook.yml",      // Lefthook
    "lefthook-local.yml", // Lefthook
    ".overcommit.yml",    // Overcommit
    ".git-hooks",         // Overcommit
    ".jj",                // Jujutsu
    ".svn",               // Subversion
]);

pub(in super::super) const EDITORS: Table = runs(&[
    ".vscode/tasks.json",      // VS Code: tasks that run when a folder is opened
    ".vscode/settings.json",   // VS Code: paths of programs; CVE-2025-53773
    ".vscode/launch.json",     // VS Code
    ".vscode/extensions.json", // VS Code: what it offers to install
    "*.code-workspace",        // VS Code: the same four in one file
    "code/user",               // VS Code, of a user
    ".devcontainer",           // development containers: commands of their start
    ".devcontainer.json",      // the same
    ".idea",                   // JetBrains: run configurations, file watchers
    ".run",                    // JetBrains: run configurations
    ".fleet",                  // JetBrains
    ".zed",                    // Zed
    ".vs",                     // Visual Studio
    ".nvim.lua",               // Neovim: 'exrc'
    ".nvimrc",                 // Neovim: 'exrc'
    ".exrc",                   // vi, Vim
    "_exrc",                   // the same on Windows
    ".vimrc",                  // Vim
    "_vimrc",                  // the same on Windows
    ".gvimrc",                 // Vim
    ".vim",                    // Vim
    ".config/nvim",            // Neovim
    ".config/helix",           // Helix
    ".helix",                  // Helix
    ".emacs",                  // Emacs
    ".emacs.d",                // Emacs
    ".config/emacs",           // Emacs
    ".dir-locals.el",          // Emacs: `eval`
    ".dir-locals-2.el",        // the same
]);

pub(in super::super) const HOSTS: Table = runs(&[
    ".mcp.json",                   // servers that hosts start: Claude Code and others
    "mcp.json",                    // the same: VS Code, Cursor, Visual Studio, LM Studio
    "mcp_config.json",             // the same: Windsurf, Antigravity
    ".mcp",                        // the same
    ".claude/settings.json",       // Claude Code: hooks, permissions
    ".claude/settings.local.json", // the same
    ".claude/hooks",               // Claude Code
    ".claude/commands",            // Claude Code: with commands of their own
    ".claude/agents",              // the same
    ".claude/skills",              // the same
    ".claude/plugins",             // the same
    ".claude-plugin",              // Claude Code
    ".cursor/hooks.json",          // Cursor
    ".cursor/hooks",               // Cursor
    ".cursor/cli.json",            // Cursor: permissions
    ".cursor/environment.json",    // Cursor
    ".cursor/permissions.json",    // Cursor
    ".codex/config.toml",          // Codex
    ".codex/hooks.json",           // Codex
    ".gemini/settings.json",       // Gemini CLI
    ".gemini/extensions",          // Gemini CLI
    ".qwen/settings.json",         // Qwen Code
    ".opencode",                   // OpenCode
    "opencode.json",               // OpenCode
    "opencode.jsonc",              // OpenCode
    ".crush.json",                 // Crush
    "crush.json",                  // Crush
    ".kiro/settings",              // Kiro
    ".kiro/hooks",                 // Kiro
    ".amazonq",                    // Amazon Q
    ".junie/mcp",                  // Junie
    ".roo",                        // Roo Code
    ".windsurf/hooks.json",        // Windsurf
    ".continue",                   // Continue
    ".aider.conf.yml",             // Aider: lint and test commands
    ".github/hooks",               // Copilot
    ".config/goose",               // Goose
    ".config/zed",                 // Zed
]);

pub(in super::super) const SHELLS: Table = runs(&[
    ".bashrc",                          // bash
    ".bash_profile",                    // bash
    ".bash_login",                      // bash
    ".bash_logout",                     // bash
    ".bash_aliases",                    // bash, by custom
    ".profile",                         // sh
    ".zshrc",                           // zsh
    ".zshenv",                          // zsh
    ".zprofile",                        // zsh
    ".zlogin",                          // zsh
    ".zlogout",                         // zsh
    ".oh-my-zsh",                       // zsh, with its plugins
    ".config/zsh",                      // zsh, by custom
    ".kshrc",                           // ksh
    ".mkshrc",                          // mksh
    ".cshrc",                           // csh
    ".tcshrc",                          // tcsh
    ".login",                           // csh
    ".logout",                          // csh
    ".config/fish",                     // fish
    ".config/nushell",                  // Nushell
    ".config/powershell",               // PowerShell
    "microsoft.powershell_profile.ps1", // PowerShell
    ".inputrc",                         // readline: what keys type
    ".tmux.conf",                       // tmux
    ".config/tmux",                     // tmux
    ".screenrc",                        // screen
    ".config/environment.d",            // systemd: LD_PRELOAD
    ".pam_environment",                 // PAM: the same
    ".local/bin",                       // before everything else on PATH
    ".cargo/bin",                       // the same
    ".cargo/env",                       // read by .profile
    "node_modules/.bin",                // what npm and npx run
    ".venv/bin",                        // what an activated environment runs
    "venv/bin",                         // the same
    ".venv/scripts",                    // the same on Windows
    "venv/scripts",                     // the same on Windows
    "sitecustomize.py",                 // Python runs it at every start
    "usercustomize.py",                 // the same
    "site-packages/*.pth",              // the same
    ".yarn/releases",                   // Yarn runs what .yarnrc.yml names
    ".yarn/plugins",                    // the same
    ".pnp.cjs",                         // Yarn: before every program of node
    ".pnp.loader.mjs",                  // the same
    ".config/direnv",                   // direnv
]);

pub(in super::super) const DESKTOPS: Table = runs(&[
    ".config/autostart",             // a session's start
    ".config/autostart-scripts",     // KDE
    ".config/plasma-workspace",      // KDE
    ".config/systemd",               // units of a user
    ".local/share/systemd",          // the same
    ".local/share/applications",     // what a click starts
    ".local/share/dbus-1",           // what a message starts
    ".local/share/nautilus/scripts", // GNOME
    ".config/i3",                    // i3
    ".config/sway",                  // Sway
    ".config/hypr",                  // Hyprland
    ".config/awesome",               // awesome
    ".config/openbox",               // Openbox
    ".xinitrc",                      // X11
    ".xsession",                     // X11
    ".xsessionrc",                   // X11
    ".xprofile",                     // X11
    ".xserverrc",                    // X11
    "library/launchagents",          // macOS
    "library/launchdaemons",         // macOS
    "library/startupitems",          // macOS
    "start menu/programs/startup",   // Windows
    "autorun.inf",                   // Windows
    "etc/crontab",                   // cron
    "etc/cron.*",                    // cron
    "etc/anacrontab",                // anacron
    "var/spool/cron",                // cron
    "etc/init.d",                    // a system's start
    "etc/rc.local",                  // the same
    "etc/systemd",                   // units of the system
    "etc/udev",                      // what a device starts
    "etc/xdg/autostart",             // a session's start
    "etc/profile",                   // sh
    "etc/profile.d",                 // sh
    "etc/bash.bashrc",               // bash
    "etc/zsh",                       // zsh
    "etc/environment",               // LD_PRELOAD
    "etc/ld.so.preload",             // before every program
    "etc/ld.so.conf",                // the same
    "etc/ld.so.conf.d",              // the same
    "etc/pam.d",                     // who may log in
    "etc/polkit-1",                  // who may do what
    "etc/dbus-1",                    // what a message starts
    "etc/modprobe.d",                // `install`
]);

pub(in super::super) const PROGRAMS: Table = runs(&[
    ".gdbinit",                           // GDB
    ".config/gdb",                        // GDB
    ".lldbinit",                          // LLDB
    ".pdbrc",                             // Python's debugger
    ".pythonrc",                          // PYTHONSTARTUP, by custom
    ".pythonrc.py",                       // the same
    ".pythonstartup",                     // the same
    ".ipython/**/startup",                // IPython
    ".jupyter",                           // Jupyter
    ".irbrc",                             // Ruby
    ".pryrc",                             // pry
    ".byebugrc",                          // byebug
    ".rprofile",                          // R
    ".renviron",                          // R
    ".julia/config/startup.jl",           // Julia
    ".ghci",                              // GHC
    ".sbtrc",                             // sbt
    ".iex.exs",                           // Elixir
    ".psqlrc",                            // PostgreSQL: `\!`
    ".sqliterc",                          // SQLite: `.shell`
    ".mongorc.js",                        // MongoDB
    ".mongoshrc.js",                      // MongoDB
    ".duckdbrc",                          // DuckDB
    ".mailcap",                           // what opens an attachment
    ".ripgreprc",                         // ripgrep: --pre
    ".forward",                           // mail to a program
    ".procmailrc",                        // the same
    ".muttrc",                            // mutt
    ".mutt/muttrc",                       // mutt
    ".lessfilter",                        // lesspipe
    ".gradle/init.gradle",                // Gradle, of a user
    ".gradle/init.d",                     // the same
    ".m2/extensions.xml",                 // Maven
    ".docker/cli-plugins",                // Docker
    ".kube-plugins",                      // kubectl
    ".config/containers/containers.conf", // Podman
    ".caffrc",                            // caff
    ".reportbugrc",                       // reportbug
    ".xscreensaver",                      // xscreensaver
    ".config/mpv/scripts",                // mpv
    ".obsidian/plugins",                  // Obsidian
]);
