//! Files that become the environment of a program, where passwords go first.

use super::{Holds, Table};

/// Words by which a file says that it only shows what belongs into another.
const SHOWN: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "template",
    "templates",
    "tmpl",
    "tpl",
    "dist",
    "default",
    "defaults",
    "schema",
    "skel",
    "skeleton",
    "stub",
    "md",
];

pub(in super::super) const FILES: Table = Table {
    holds: Holds::Environment,
    rows: &[
        ".env",          // dotenv, in any language; also Docker Compose
        ".env.*",        // .env.local, .env.production (Vite, Next.js), .env.keys (dotenvx)
        ".env-*",        // .env-local, .env-cmdrc (env-cmd)
        ".env_*",        // .env_production, .env_file
        "*.env",         // prod.env, docker.env (env_file: of Docker Compose)
        ".envs",         // cookiecutter-django keeps .envs/.production/.django
        ".envrc",        // direnv
        ".envrc.*",      // .envrc.local, .envrc.private
        ".dev.vars",     // wrangler (Cloudflare Workers)
        ".dev.vars.*",   // the same for one environment
        ".prod.vars",    // the same, by hand
        ".secrets",      // act, which runs GitHub workflows at home
        ".secrets.toml", // dynaconf
    ],
    spared: SHOWN,
};

pub(in super::super) const VARIABLES: Table = Table {
    holds: Holds::Environment,
    rows: &[
        "*.tfvars",      // Terraform: its .gitignore of GitHub leaves them out for their secrets
        "*.tfvars.json", // the same as JSON
    ],
    spared: SHOWN,
};
