//! What package managers use to log in to a registry.

use super::{Holds, Table};

pub(in super::super) const REGISTRIES: Table = Table {
    holds: Holds::Registry,
    rows: &[
        ".npmrc",                                  // npm, pnpm: `_authToken`, in a project too
        ".yarnrc.yml",                             // Yarn: `npmAuthToken`
        ".bunfig.toml",                            // Bun, of a user
        ".pypirc",                                 // twine
        ".pip/pip.conf",                           // pip: an index's URL may hold a password
        ".config/pip/pip.conf",                    // the same
        "pip/pip.ini",                             // the same on Windows
        "pypoetry/auth.toml",                      // Poetry
        ".local/share/uv/credentials",             // uv
        ".anaconda/keyring",                       // Anaconda
        ".cargo/credentials",                      // Cargo
        ".cargo/credentials.toml",                 // Cargo
        ".gem/credentials",                        // RubyGems
        ".local/share/gem/credentials",            // RubyGems
        ".gem/gem_credentials",                    // RubyGems
        ".bundle/config",                          // Bundler: passwords of private servers
        ".nuget/nuget/nuget.config",               // NuGet
        ".nuget/nuget.config",                     // NuGet
        ".config/nuget/nuget.config",              // NuGet
        "appdata/roaming/nuget/nuget.config",      // NuGet
        ".m2/settings.xml",                        // Maven
        ".m2/settings-security.xml",               // Maven: opens the passwords above
        ".gradle/gradle.properties",               // Gradle, of a user
        ".ivy2/.credentials",                      // Ivy, sbt
        ".sbt/.credentials",                       // sbt
        ".sbt/*/credentials.sbt",                  // sbt
        ".sbt/*/plugins/credentials.sbt",          // sbt
        ".config/coursier/credentials.properties", // Coursier
        ".composer/auth.json",                     // Composer
        ".config/composer/auth.json",              // Composer
        "composer/auth.json",                      // Composer on Windows and macOS
        ".docker/config.json",                     // Docker
        ".dockercfg",                              // Docker, before
        ".config/containers/auth.json",            // Podman, Skopeo
        "run/user/*/containers/auth.json",         // the same
        ".config/helm/registry/config.json",       // Helm
        ".config/helm/repositories.yaml",          // Helm
        ".config/oras",                            // ORAS
        ".terraformrc",                            // Terraform
        "terraform.rc",                            // the same on Windows
        ".tofurc",                                 // OpenTofu
        "credentials.tfrc.json",                   // Terraform
        ".hex/hex.config",                         // Hex
        ".config/hex/hex.config",                  // Hex
        ".pub-cache/credentials.json",             // Dart
        "pub-credentials.json",                    // Dart
        ".pause",                                  // CPAN
        ".config/cachix/cachix.dhall",             // Cachix
        ".jfrog",                                  // JFrog
        ".conan/.conan.db",                        // Conan
        ".conan2/credentials.json",                // Conan
        ".julia/servers",                          // Julia
        ".lein/credentials.clj",                   // Leiningen
        ".luarocks/upload_config.lua",             // LuaRocks
        ".cabal/config",                           // Cabal: `password:`
    ],
    spared: &[],
};
