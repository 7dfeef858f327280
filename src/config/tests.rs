//! The configuration as its owner meets it.
#![allow(clippy::disallowed_methods, reason = "a test makes the files that are judged")]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, fs::symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{
    env::name_of,
    problem::Origin,
    roots::Typed,
    show,
    table::{self, KEYS},
    *,
};
use crate::policy::keys as policy_keys;

const GOOD_KEY: &str = "3d1f9a77c0b24e5f8a6b7c8d9e0f1a2b";

/// A home directory, an environment and a command line.
struct Desk {
    home: TempDir,
    environment: Environment,
    flags: Flags,
    defaults: Vec<(String, String)>,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path();
        let environment = Environment {
            home: Some(path.to_path_buf()),
            config_dir: Some(path.join("config")),
            state_dir: Some(path.join("state")),
            working_dir: Some(path.to_path_buf()),
            ..Environment::default()
        };
        Self { home, environment, flags: Flags::default(), defaults: Vec::new() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn file(self, text: impl AsRef<[u8]>) -> Self {
        let path = self.at("config/config.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn mode(self, mode: u32) -> Self {
        fs::set_permissions(self.at("config/config.toml"), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    fn flag(mut self, key: &'static str, flag: &'static str, text: &str) -> Self {
        self.flags.settings.push(FlagSetting { key, flag, text: text.to_owned() });
        self
    }

    fn root(mut self, typed: &str) -> Self {
        self.flags.roots.push((Typed::parse(typed), "--root"));
        self
    }

    fn purpose(mut self, purpose: Purpose) -> Self {
        self.flags.purpose = purpose;
        self
    }

    fn http(self) -> Self {
        self.purpose(Purpose::Http)
    }

    fn load(&self) -> Result<Loaded, Problems> {
        load(&self.environment, &self.flags, &self.defaults)
    }

    #[track_caller]
    fn good(&self) -> Loaded {
        self.load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Refused, with all of `words` in what is said.
    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let said = match self.load() {
            Ok(_) => panic!("this was taken, but {words:?} was to be said"),
            Err(problems) => problems.to_string(),
        };
        for word in words {
            assert!(said.contains(word), "`{word}` is not in:\n{said}");
        }
        said
    }

    #[track_caller]
    fn warned(&self, word: &str) -> Loaded {
        let loaded = self.good();
        let said: Vec<String> = loaded.warnings.iter().map(|warning| warning.sentence(None)).collect();
        assert!(said.iter().any(|said| said.contains(word)), "`{word}` is not in {said:?}");
        loaded
    }
}

#[test]
fn without_anything_every_key_is_at_its_default() {
    let desk = Desk::new();
    let loaded = desk.good();
    assert_eq!(loaded.source, None);
    assert_eq!(loaded.config.events.dir, desk.at("state/events"));
    assert_eq!(loaded.config.log.dir, Some(desk.at("state/log")));
    assert!(loaded.warnings.is_empty());
    assert!(show::rows(&loaded).iter().all(|row| row.origin == Origin::Default));
}

#[test]
fn the_table_tells_the_defaults_that_are_in_force() {
    let loaded = Desk::new().good();
    for row in show::rows(&loaded) {
        if row.path != "events.dir" {
            assert_eq!(row.value, table::find(&row.path).unwrap().default, "{}", row.path);
        }
    }
}

#[test]
fn the_example_checks_clean_as_it_is_and_with_every_key_uncommented() {
    let example = show::example();
    assert!(Desk::new().file(&example).http().good().warnings.is_empty());
    let hash = format!("sha256  = \"{}\"", crate::policy::keys::show_sha256(&[7; 32]));
    let bare: String = example
        .lines()
        .skip(2)
        .map(|line| line.strip_prefix('#').unwrap_or(line).to_owned() + "\n")
        .collect::<String>()
        .replace("sha256  = \"\"", &hash);
    let desk = Desk::new().file(&bare).http();
    let loaded = desk.good();
    for key in KEYS {
        let name = if key.section() == "roots" { "notes" } else { "laptop" };
        assert_ne!(
            loaded.origins.of(&key.path_of(name)),
            Origin::Default,
            "{} is not in the example",
            key.path
        );
    }
    // Saying the defaults aloud changes none of them.
    let (said, unsaid) = (loaded.config, Desk::new().good().config);
    // on loopback, as here, the page is on by itself
    let http = http::settings::Settings { page: Some(true), ..unsaid.http.clone() };
    assert_eq!(said.http, http);
    assert_eq!((said.limits.key, said.limits.tool), (unsaid.limits.key, unsaid.limits.tool));
    assert_eq!(said.events.dir, desk.at("state/events"));
}

#[test]
fn a_stronger_layer_overrules_a_weaker_one_and_each_is_named() {
    let key = "http.body";
    let mut desk = Desk::new();
    desk.defaults.push((key.to_owned(), "1KiB".to_owned()));
    let origin = |desk: &Desk| desk.good().origins.of(key);
    assert_eq!((desk.good().config.http.body, origin(&desk)), (1 << 10, Origin::Program));
    let desk = desk.file("\n[http]\nbody = \"2KiB\"\n");
    let file = Origin::File { path: desk.at("config/config.toml"), line: 3 };
    assert_eq!((desk.good().config.http.body, origin(&desk)), (2 << 10, file));
    let desk = desk.var("MCP_SERVER_HTTP_BODY", "3KiB");
    assert_eq!((desk.good().config.http.body, origin(&desk)), (3 << 10, Origin::Env(name_of(key))));
    let desk = desk.flag(key, "--body", "4KiB");
    assert_eq!((desk.good().config.http.body, origin(&desk)), (4 << 10, Origin::Flag("--body")));
}

#[test]
fn the_guides_variables_stand_between_the_file_and_ours() {
    let desk = Desk::new().http().file("[http]\norigins = [\"https://file.example\"]\n");
    let desk = desk.var("TRUSTED_ORIGINS", " http://localhost:3000, https://myapp.com/ ");
    assert_eq!(desk.good().config.http.origins, ["http://localhost:3000", "https://myapp.com"]);
    let desk = desk.var("MCP_SERVER_HTTP_ORIGINS", "https://ours.example");
    assert_eq!(desk.good().config.http.origins, ["https://ours.example"]);
}

#[test]
fn the_guides_variables_are_read_by_serve_http_alone() {
    let set = |desk: Desk| {
        desk.var("ENABLE_AUTH", "false")
            .var("ENABLE_RATE_LIMIT", "off")
            .var("MAX_REQUESTS_PER_MINUTE", "77")
            .var("ENABLE_REQUEST_LOGGING", "No")
            .var("PORT", "9000")
            .var("HOST", "::1")
            .var("MCP_ENDPOINT", "/rpc")
            .var("HEALTH_ENDPOINT", "/up")
            .var("LOG_LEVEL", "FATAL")
    };
    let config = set(Desk::new().http()).good().config;
    assert!(!config.http.auth && !config.limits.enabled);
    assert_eq!(config.limits.address.unwrap().to_string(), "77/min");
    assert_eq!(config.limits.key.to_string(), "77/min");
    assert_eq!(config.events.requests, Some(false));
    assert_eq!(config.http.listen.to_string(), "[::1]:9000");
    assert_eq!((config.http.path.as_str(), config.http.health_path.as_str()), ("/rpc", "/up"));
    assert_eq!(config.log.level, crate::telemetry::Level::Error);
    let config = set(Desk::new().purpose(Purpose::Stdio)).good().config;
    assert!(config.http.auth && config.limits.enabled);
    assert_eq!(config.log.level, crate::telemetry::Level::Error);
}

#[test]
fn a_variable_that_says_nothing_clear_is_refused() {
    for (name, value, word) in [
        ("ENABLE_AUTH", "", "must be true or false, not empty"),
        ("ENABLE_AUTH", "nope", "must be true or false"),
        ("ENABLE_RATE_LIMIT", "2", "must be true or false"),
        ("ENABLE_REQUEST_LOGGING", "disabled", "must be true or false"),
        ("MAX_REQUESTS_PER_MINUTE", "0", "from 1 to 1000000000"),
        ("MAX_REQUESTS_PER_MINUTE", "-1", "from 1 to 1000000000"),
        ("MAX_REQUESTS_PER_MINUTE", "NaN", "from 1 to 1000000000"),
        ("MAX_REQUESTS_PER_MINUTE", "1e3", "from 1 to 1000000000"),
        ("MAX_REQUESTS_PER_MINUTE", "1000000001", "from 1 to 1000000000"),
        ("MAX_REQUESTS_PER_MINUTE", "99999999999999999999", "from 1 to 1000000000"),
        ("PORT", "80a", "must be a port"),
        ("PORT", "65536", "must be a port"),
        ("HOST", "example.com", "names are not looked up"),
        ("TRUSTED_ORIGINS", "*", "must be a web origin"),
        ("TRUSTED_ORIGINS", "https://ok.example,null", "must be a web origin"),
        ("MCP_ENDPOINT", "mcp", "must be a path"),
        ("HEALTH_ENDPOINT", "/mcp", "same as `http.path`"),
        ("LOG_LEVEL", "loud", "must be one of"),
        ("API_KEY", "", "is empty"),
        ("API_KEY", "your-secret-api-key", "sample"),
        ("API_KEY", "0123456789abcdef", "shorter than 32"),
        ("API_KEY_FILE", "key.txt", "absolute"),
        ("API_KEY_FILE", "/nowhere/key", "does not exist"),
        ("MCP_SERVER_HTTP_AUTH", "ja", "must be true or false"),
        ("MCP_SERVER_HTTP_LISTEN", "localhost", "an address and a port"),
        ("MCP_SERVER_HTTP_BODY", "2MiB", "from 1KiB to 1MiB"),
        ("MCP_SERVER_EVENTS_DIR", "events", "absolute"),
        ("MCP_SERVER_EVENTS_MAX_AGE", "90", "with its unit"),
        ("MCP_SERVER_LIMITS_TOOL", "0/min", "at least 1"),
        ("MCP_SERVER_LIMITS_TOOL", "inf/min", "whole number"),
        ("MCP_SERVER_HTTP_LISTN", "127.0.0.1:1", "did you mean `MCP_SERVER_HTTP_LISTEN`"),
        ("MCP_SERVER_ROOTS", "/srv/notes", "name=path"),
        ("MCP_SERVER_ROOTS", "a=notes", "absolute"),
        ("MCP_SERVER_ROOTS", "a=/x;a=/y", "twice"),
        ("MCP_SERVER_CONFIG", "", "absolute"),
        ("MCP_SERVER_CONFIG", "config.toml", "absolute"),
        ("MCP_SERVER_CONFIG", "/nowhere/config.toml", "does not exist"),
    ] {
        let said = Desk::new().http().var(name, value).refused(&[word]);
        assert!(said.contains(name) || name == "MCP_SERVER_CONFIG", "{name} is not named in:\n{said}");
        assert!(!said.contains("0123456789abcdef"), "{said}");
    }
}

#[test]
fn booleans_of_the_environment_are_eight_words_in_any_case() {
    for (words, expected) in [(["true", "1", "Yes", "ON"], true), (["FALSE", "0", "no", " off "], false)] {
        for word in words {
            let config = Desk::new().var("MCP_SERVER_TOOLS_READ_ONLY", word).good().config;
            assert_eq!(config.tools.read_only, expected, "{word}");
        }
    }
}

#[test]
fn variables_of_others_are_left_alone() {
    let loaded = Desk::new()
        .var("MCP_SERVER_SERVICE_HOST", "10.0.0.1")
        .var("MCP_SERVER_PORT_8080_TCP_ADDR", "10.0.0.1")
        .var("PATH", "/bin")
        .good();
    assert!(loaded.warnings.is_empty());
    Desk::new().var("MCP_SERVER_IMAGE_TAG", "7").warned("`MCP_SERVER_IMAGE_TAG` is unknown");
    Desk::new().purpose(Purpose::Stdio).var("LOG_LEVEL", "loud").warned("`LOG_LEVEL`");
}

#[test]
fn a_key_of_the_environment_reaches_everything_and_is_never_shown() {
    let desk = Desk::new().http().var("API_KEY", GOOD_KEY);
    let loaded = desk.good();
    let expected = policy_keys::Settings::everything("env", policy_keys::hash(GOOD_KEY));
    assert_eq!(loaded.config.keys, [expected]);
    assert!(show::rows(&loaded).iter().all(|row| !row.path.starts_with("keys.")));

    let file = desk.at("key");
    fs::write(&file, format!("{GOOD_KEY}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let from_file = Desk::new().http().var("API_KEY_FILE", file.to_str().unwrap()).good();
    assert_eq!(from_file.config.keys, loaded.config.keys);
    fs::rename(&file, desk.at("api_key")).unwrap();
    let credential =
        Desk::new().http().var("CREDENTIALS_DIRECTORY", desk.home.path().to_str().unwrap()).good();
    assert_eq!(credential.config.keys, loaded.config.keys);
    desk.var("API_KEY_FILE", "/x").refused(&["unset one of them"]);
}

#[test]
fn a_key_file_that_others_write_is_refused_and_one_that_all_read_is_warned_of() {
    let desk = Desk::new().http();
    let file = desk.at("key");
    fs::write(&file, GOOD_KEY).unwrap();
    let desk = desk.var("API_KEY_FILE", file.to_str().unwrap());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
    desk.refused(&["others than its owner may write", "chmod go-w"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    desk.warned("everyone on this machine may read");
    let root = desk.home.path().to_str().unwrap().to_owned();
    desk.root(&root).refused(&["the file with the key"]);
}

#[test]
fn no_key_needed_and_a_key_brought_is_a_contradiction() {
    let desk = Desk::new().http().var("ENABLE_AUTH", "false").var("API_KEY", GOOD_KEY);
    desk.refused(&["`ENABLE_AUTH`", "no key is needed"]);
    let desk = Desk::new().http().var("API_KEY", GOOD_KEY).flag("http.auth", "--no-auth", "false");
    desk.warned("limit nobody");
}

/// The table of bad files: text, the line and column that must be named, a word of what is said.
const BAD_FILES: &[(&str, &str, &str)] = &[
    // no TOML
    ("[http", "line 1", ""),
    ("[http]\nlisten", "line 2", ""),
    ("[http]\nlisten = ", "line 2", ""),
    ("[http]\nlisten = \"127.0.0.1:1", "line 2", ""),
    ("[http]\nlisten = 'a\nb'", "line 2", ""),
    ("[http]\nauth = True", "line 2", ""),
    ("[http]\nauth = yes", "line 2", ""),
    ("[http]\nhosts = [\"a\"", "line 2", ""),
    ("[http]\n[http]\n", "line 2", "duplicate"),
    ("[http]\nauth = true\nauth = false\n", "line 3", "duplicate"),
    ("= 1", "line 1", ""),
    ("[http]]\n", "line 1", ""),
    ("a\u{0}b = 1", "line 1", ""),
    ("[http]\nlisten = \"\\q\"", "line 2", ""),
    ("{\"http\": {}}", "line 1", ""),
    ("http:\n  listen: x\n", "line 1", ""),
    // unknown keys
    ("listen = \"127.0.0.1:1\"", "line 1, column 1", "did you mean `http.listen`"),
    ("[htp]\n", "line 1, column 2", "did you mean `[http]`"),
    ("[server]\nport = 1\n", "line 1, column 2", "unknown section"),
    ("[http]\nlistn = \"127.0.0.1:1\"", "line 2, column 1", "did you mean `listen`"),
    ("[http]\nLISTEN = \"127.0.0.1:1\"", "line 2, column 1", "did you mean `listen`"),
    ("[http]\nread_only = true", "line 2, column 1", "unknown key in `[http]`"),
    ("[tools]\nreadonly = true", "line 2, column 1", "did you mean `read_only`"),
    ("[http.tls]\ncert = \"x\"", "line 1, column 7", "unknown key in `[http]`"),
    ("[roots.notes]\npath = \"/srv\"\nwritable = true", "line 3, column 1", "unknown key in `[roots.notes]`"),
    ("[keys.a]\nsha = \"x\"", "line 2, column 1", "unknown key in `[keys.a]`"),
    ("[limits]\nadress = \"1/s\"", "line 2, column 1", "did you mean `address`"),
    ("events.dirs = \"/x\"", "line 1, column 8", "did you mean `dir`"),
    // wrong types
    ("http = true", "line 1, column 8", "must be a section"),
    ("[[http]]\nlisten = \"x\"", "line 1", "must be a section"),
    ("roots = [\"/srv\"]", "line 1, column 9", "must be a section"),
    ("[roots]\nnotes = \"/srv\"", "line 2, column 9", "must be a section"),
    ("[http]\nauth = \"false\"", "line 2, column 8", "true or false without quotes"),
    ("[http]\nauth = 0", "line 2, column 8", "must be true or false, not a number"),
    ("[http]\nlisten = 8080", "line 2, column 10", "an address and a port"),
    ("[http]\nhosts = \"a.example\"", "line 2, column 9", "in brackets"),
    ("[http]\nhosts = [\"a.example\", 7]", "line 2, column 23", "must be text in quotes"),
    ("[events]\nmax_age = 90", "line 2, column 11", "with its unit"),
    ("[events]\nmax_bytes = 1.5", "line 2, column 13", "must be a size"),
    ("[limits]\nkey = 100", "line 2, column 7", "must be a limit"),
    ("[log]\nlevel = true", "line 2, column 9", "must be one of"),
    ("[keys.a]\nsha256 = 1", "line 2, column 10", "must be text"),
    // out of range, out of form
    ("[http]\nlisten = \"0.0.0.0\"", "line 2, column 10", "must name a port"),
    ("[http]\nlisten = \"example.com:80\"", "line 2, column 10", "names are not looked up"),
    ("[http]\nlisten = \"127.0.0.1:99999\"", "line 2, column 10", "an address and a port"),
    ("[http]\nbody = \"0B\"", "line 2, column 8", "from 1KiB to 1MiB"),
    ("[http]\nbody = \"99999999999999999999 MiB\"", "line 2, column 8", "must be a size"),
    ("[http]\nbody = -1", "line 2, column 8", "must be a size"),
    ("[http]\npath = \"mcp\"", "line 2, column 8", "must be a path"),
    ("[http]\npath = \"/mcp/\"", "line 2, column 8", "must be a path"),
    ("[http]\npath = \"/a/../b\"", "line 2, column 8", "must be a path"),
    ("[http]\npath = \"/a%2fb\"", "line 2, column 8", "must be a path"),
    ("[http]\npath = \"/ready\"", "line 2, column 8", "is taken"),
    ("[http]\nhealth_path = \"/mcp\"", "line 2, column 15", "same as `http.path`"),
    ("[http]\nhosts = [\"https://a.example\"]", "line 2, column 10", "a name with or without a port"),
    ("[http]\nhosts = [\"*\"]", "line 2, column 10", "a name with or without a port"),
    ("[http]\norigins = [\"*\"]", "line 2, column 12", "`*` and `null` are not"),
    ("[http]\norigins = [\"null\"]", "line 2, column 12", "`*` and `null` are not"),
    ("[http]\norigins = [\"https://a.example/x\"]", "line 2, column 12", "a web origin"),
    ("[http]\ntrusted_proxies = [\"0.0.0.0/0\"]", "line 2, column 20", "every address"),
    ("[http]\ntrusted_proxies = [\"proxy.local\"]", "line 2, column 20", "an address or a range"),
    ("[limits]\naddress = \"0/min\"", "line 2, column 11", "at least 1"),
    ("[limits]\naddress = \"-5/min\"", "line 2, column 11", "negative"),
    ("[limits]\nrepeat = \"NaN/10s\"", "line 2, column 10", "whole number"),
    ("[limits]\ntool = \"1/0s\"", "line 2, column 8", "at least 1"),
    ("[limits]\ntool = \"2000000000/min\"", "line 2, column 8", "at most"),
    ("[events]\nmax_age = \"0s\"", "line 2, column 11", "from 1min"),
    ("[events]\nmax_age = \"9999999999d\"", "line 2, column 11", "must be"),
    ("[events]\nmax_bytes = \"1KiB\"", "line 2, column 13", "from 64KiB"),
    ("[events]\ndir = \"events\"", "line 2, column 7", "absolute"),
    ("[events]\non_failure = \"ignore\"", "line 2, column 14", "\"refuse\", \"serve\""),
    ("[tools]\noffer = [\"a\", \"[\"]", "line 2, column 15", "is no glob"),
    ("[roots.Notes]\npath = \"/srv\"", "line 1, column 8", "must be a root's name"),
    ("[roots.notes]\npath = \"notes\"", "line 2, column 8", "absolute"),
    ("[roots.notes]\nwrite = true", "line 2, column 9", "lacks `path`"),
    ("[roots.notes]\n", "line 1, column 8", "lacks `path`"),
    ("[roots.notes]\npath = \"/etc/passwd\"", "line 2, column 8", "is no directory"),
    ("[roots.all]\npath = \"/\"", "line 2, column 8", "contains the event log"),
    ("[keys.env]\nsha256 = \"x\"", "line 1, column 7", "`API_KEY`"),
    ("[keys.this-run]\nsha256 = \"x\"", "line 1, column 7", "choose another"),
    ("[keys.\"a b\"]\nsha256 = \"x\"", "line 1, column 7", "must be a key's name"),
    ("[keys.a]\nsha256 = \"mcps_abcdefgh\"", "line 2, column 10", "is a key itself"),
    ("[keys.a]\nsha256 = \"sha256:12\"", "line 2, column 10", "64 hexadecimal digits"),
    ("[keys.a]\nexpires = \"soon\"", "line 2, column 11", "must be a date"),
    ("[keys.a]\nfrom = [\"home\"]", "line 2, column 9", "an address or a range"),
    ("[keys.a]\nroots = [\"My Notes\"]", "line 2, column 10", "must be a root's name"),
];

#[test]
fn every_bad_file_is_refused_with_line_column_and_reason() {
    for (text, place, word) in BAD_FILES {
        let said = Desk::new().file(text).refused(&["~/config/config.toml", place, word]);
        assert!(!said.contains("mcps_abcdefgh"), "{said}");
    }
}

#[test]
fn files_that_look_odd_but_are_right_are_taken() {
    let hash = crate::policy::keys::show_sha256(&[1; 32]);
    for text in [
        String::new(),
        "\u{feff}[http]\nauth = true\n".to_owned(),
        "# nothing\r\n[http]\r\nlisten = \"[::1]:0\"\r\n".to_owned(),
        "http.listen = \"localhost:9000\"\nhttp.body = 1024".to_owned(),
        "[events]\nmax_bytes = \"1 mib\"\nmax_age = \"10m\"\nack = \"250ms\"".to_owned(),
        format!("[keys.a]\nsha256 = \"{}\"\nexpires = 2999-01-01", hash.trim_start_matches("sha256:")),
        format!(
            "[keys.a]\nsha256 = \"{hash}\"\nexpires = 2999-01-01T10:00:00Z\nfrom = [\"::1\", \"10.0.0.0/8\"]"
        ),
        "http = { auth = true }".to_owned(),
    ] {
        Desk::new().file(&text).good();
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let desk = Desk::new()
        .file("[http]\nlistn = 1\nauth = 1\nhosts = [1, 2]\n[bogus]\n[roots.all]\npath = \"/\"\n")
        .var("MCP_SERVER_HTTP_BODY", "x")
        .flag("tools.read_only", "--read-only", "maybe");
    let problems = desk.load().unwrap_err();
    assert_eq!(problems.list.len(), 8, "{problems}");
    desk.refused(&[
        "the configuration has 8 problems",
        "`MCP_SERVER_HTTP_BODY`",
        "flag `--read-only`",
        "line 7",
    ]);
}

#[test]
fn a_file_that_cannot_be_read_is_never_skipped() {
    let desk = Desk::new();
    let config = desk.at("config");
    fs::create_dir_all(config.join("config.toml")).unwrap();
    desk.refused(&["is not a regular file"]);
    fs::remove_dir(config.join("config.toml")).unwrap();
    symlink("nowhere", config.join("config.toml")).unwrap();
    desk.refused(&["is a link that leads nowhere"]);
    fs::remove_file(config.join("config.toml")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        config.join("config.toml"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    desk.refused(&["is not a regular file"]);
    let mut desk = Desk::new();
    desk.flags.config = Some(Named::File("nowhere.toml".into()));
    desk.refused(&["~/nowhere.toml does not exist"]);
    desk.environment.working_dir = None;
    desk.refused(&["the directory it was started in is gone"]);
    Desk::new().file([b'#', 0xff, b'\n']).refused(&["line 1, column 2", "is not UTF-8"]);
    Desk::new().file(vec![b'#'; 10 << 20]).refused(&["is larger than 1MiB"]);
}

#[test]
fn the_first_file_that_exists_is_the_only_one() {
    let desk = Desk::new().file("[tools]\nread_only = true\n");
    let other = desk.at("other.toml");
    fs::write(&other, "").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(desk.good().config.tools.read_only);
    let mut desk = desk.var("MCP_SERVER_CONFIG", other.to_str().unwrap());
    assert!(!desk.good().config.tools.read_only);
    desk.flags.config = Some(Named::File("config/config.toml".into()));
    assert!(desk.good().config.tools.read_only);
}

#[test]
fn stdin_carries_the_protocol_or_the_configuration_but_not_both() {
    let mut desk = Desk::new().purpose(Purpose::Stdio);
    desk.flags.config = Some(Named::Stdin);
    desk.refused(&["stdin carries the protocol"]);
}

#[test]
fn who_may_write_the_file_is_judged_by_its_target() {
    let text = "[log]\nlevel = \"info\"\n";
    Desk::new().file(text).mode(0o666).refused(&["anyone on this machine may write", "chmod go-w"]);
    Desk::new().file(text).mode(0o660).warned("a whole group may write");
    let key = format!("[keys.a]\nsha256 = \"{}\"\n", crate::policy::keys::show_sha256(&[1; 32]));
    Desk::new().file(&key).mode(0o660).refused(&["a whole group may write", "holds keys"]);
    let desk = Desk::new().file(text).mode(0o666);
    let link = desk.at("link.toml");
    symlink(desk.at("config/config.toml"), &link).unwrap();
    let desk = desk.var("MCP_SERVER_CONFIG", link.to_str().unwrap());
    desk.refused(&["~/link.toml (a link to ~/config/config.toml)"]);
    let desk = Desk::new().file(text);
    fs::set_permissions(desk.at("config"), fs::Permissions::from_mode(0o777)).unwrap();
    desk.refused(&["anyone on this machine may replace"]);
}

#[test]
fn a_root_may_not_hold_what_the_server_relies_on() {
    let desk = || Desk::new().file("");
    for root in [".", "state", "state/events", "config", "~"] {
        desk().root(root).refused(&["contains", "so tools could reach"]);
    }
    let inner = desk();
    fs::create_dir_all(inner.at("state/events/inner")).unwrap();
    inner.root("state/events/inner").refused(&["lies within the event log"]);
    // By a detour.
    let linked = desk();
    fs::create_dir_all(linked.at("state")).unwrap();
    symlink(linked.at("state"), linked.at("innocent")).unwrap();
    linked.root("innocent").refused(&["contains the event log"]);
    let fine = desk();
    fs::create_dir_all(fine.at("notes")).unwrap();
    assert!(fine.root("notes").good().warnings.is_empty());
    desk().root("missing").warned("does not exist");
}

#[test]
fn roots_that_are_typed_replace_those_of_the_file() {
    let desk =
        Desk::new().file("[roots.old]\npath = \"~/old\"\n[roots.older]\npath = \"~/older\"\nwrite = true\n");
    for name in ["old", "older", "new", "a/new"] {
        fs::create_dir_all(desk.at(name)).unwrap();
    }
    let names = |loaded: &Loaded| -> Vec<String> {
        let shown = |root: &RootSettings| format!("{}{}", root.name, if root.write { ":rw" } else { "" });
        loaded.config.roots.iter().map(shown).collect()
    };
    assert_eq!(names(&desk.good()), ["old", "older:rw"]);
    assert_eq!(desk.good().config.roots[0].path, desk.at("old"));
    let desk = desk.var("MCP_SERVER_ROOTS", "x=~/old:rw; y=~/older");
    assert_eq!(names(&desk.good()), ["x:rw", "y"]);
    let desk = desk.root("a/new").root("new").root("named=new:rw").root(".").root("");
    let mut said = desk.refused(&["contains the event log", "must name a directory"]);
    said.clear();
    let mut desk = desk;
    desk.flags.roots.truncate(3);
    let loaded = desk.good();
    assert_eq!(names(&loaded), ["new", "new-2", "named:rw"]);
    assert_eq!(loaded.config.roots[1].path, desk.at("new"));
    assert_eq!(loaded.origins.of("roots.new.path"), Origin::Flag("--root"));
    desk.root("named=old").refused(&["names the root `named` twice"]);
}

#[test]
fn beyond_this_machine_four_things_must_be_in_order() {
    let key = format!("[keys.laptop]\nsha256 = \"{}\"\n", crate::policy::keys::show_sha256(&[1; 32]));
    let open = |desk: Desk| desk.http().flag("http.listen", "--http", "0.0.0.0:8080");
    let said = open(Desk::new()).refused(&[]);
    let expected = "error: refusing to listen on every interface in this shape
  http.listen      0.0.0.0:8080   flag `--http`
  keys             none           default
  http.hosts       none           default: which names it answers to
  http.plaintext   false          default: no https and no trusted proxy either

hint: make one with `mcp-server keys generate laptop --save`
";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.ends_with("hint: or stay on this machine with `--http=127.0.0.1:8080`"), "{said}");
    open(Desk::new().file(&key)).refused(&["1: laptop", "~/config/config.toml:2"]);
    let hosts = "[http]\nhosts = [\"mcp.example.com\"]\n";
    open(Desk::new().file(format!("{key}{hosts}"))).refused(&["mcp.example.com"]);
    open(Desk::new().file(format!("{key}{hosts}plaintext = true"))).good();
    open(Desk::new().file(format!("{key}{hosts}trusted_proxies = [\"10.0.0.1\"]"))).good();
    open(Desk::new().file(format!("{hosts}plaintext = true"))).refused(&["none"]);
    open(Desk::new().file(format!("{key}expires = \"2001-01-01\"\n{hosts}plaintext = true")))
        .refused(&["expired"]);
    open(Desk::new().file(format!("{key}{hosts}plaintext = true\nauth = false"))).refused(&["http.auth"]);
    open(Desk::new().file(format!("{hosts}plaintext = true")).var("ENABLE_AUTH", "false"))
        .refused(&["`ENABLE_AUTH`"]);
    open(Desk::new().file(format!("{hosts}plaintext = true")).var("API_KEY", GOOD_KEY)).good();
    for local in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"] {
        Desk::new().http().flag("http.listen", "--http", local).good();
    }
    for other in ["192.0.2.1:1", "[::]:1", "[::ffff:192.0.2.1]:1", "0.0.0.0:1"] {
        Desk::new().http().flag("http.listen", "--http", other).refused(&["refusing to listen on"]);
    }
    // Judged beforehand, it is a warning; a server on stdio does not care.
    let file = "[http]\nlisten = \"0.0.0.0:8080\"\n";
    Desk::new().file(file).purpose(Purpose::Check).warned("would refuse to listen on every interface");
    assert!(Desk::new().file(file).purpose(Purpose::Stdio).good().warnings.is_empty());
}

#[test]
fn keys_are_judged_together() {
    let hash = crate::policy::keys::show_sha256(&[1; 32]);
    let twins = format!("[keys.a]\nsha256 = \"{hash}\"\n[keys.b]\nsha256 = \"{hash}\"\n");
    Desk::new().file(&twins).refused(&["line 4", "is the same as that of `a`"]);
    let lost =
        format!("[keys.a]\nsha256 = \"{hash}\"\nroots = [\"nots\"]\n[roots.notes]\npath = \"/usr/share\"\n");
    Desk::new().file(&lost).warned("did you mean `notes`?");
    let old = format!("[keys.a]\nsha256 = \"{hash}\"\nexpires = 2001-01-01\n");
    Desk::new().file(&old).warned("is past");
}

#[test]
fn what_is_shown_can_be_saved_and_checks_clean() {
    let desk = Desk::new()
        .file(format!(
            "[roots.notes]\npath = \"~/notes\"\nwrite = true\n[keys.laptop]\nsha256 = \"{}\"\ntools = [\"read_*\"]\nroots = [\"notes\"]\nexpires = 2999-01-01\nfrom = [\"10.0.0.0/8\"]\n[http]\nhosts = [\"a.example\"]\norigins = [\"https://a.example\"]\ntrusted_proxies = [\"::1\"]\n[limits]\nkey = \"5/s burst 9\"\n[events]\nack = \"250ms\"\ndir = \"~/ev \\\"x\\\"\"\n",
            crate::policy::keys::show_sha256(&[1; 32])
        ))
        .var("MCP_SERVER_TOOLS_OFFER", "hello_*,read_text_file")
        .var("MCP_SERVER_LOG_LEVEL", "silent");
    fs::create_dir_all(desk.at("notes")).unwrap();
    let shown = |loaded: &Loaded| -> String {
        let line =
            |row: show::Row| format!("{}{} = {}", if row.is_open { "#" } else { "" }, row.path, row.value);
        show::rows(loaded).into_iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let text = shown(&desk.good());
    let again = Desk::new().file(&text);
    let loaded = again.good();
    assert!(loaded.warnings.is_empty());
    assert_eq!(shown(&loaded), text);
}

#[test]
fn without_a_place_for_the_log_it_says_which_key_to_set() {
    let mut desk = Desk::new();
    desk.environment.state_dir = None;
    desk.refused(&["no place for the security log", "`events.dir`"]);
    desk.good_with_events();
}

impl Desk {
    #[track_caller]
    fn good_with_events(self) {
        let dir = self.at("ev");
        let desk = self.var("MCP_SERVER_EVENTS_DIR", dir.to_str().unwrap());
        assert_eq!(desk.good().config.events.dir, dir);
    }
}

#[test]
fn what_the_program_sets_is_named_when_it_is_wrong() {
    let mut desk = Desk::new();
    desk.defaults.push(("limits.enabled".to_owned(), "perhaps".to_owned()));
    desk.refused(&["the program's own default must be true or false"]);
    desk.defaults[0] = ("limits.nothing".to_owned(), "x".to_owned());
    desk.refused(&["names a key that does not exist"]);
}

#[test]
fn sizes_times_and_names_are_read_as_they_are_shown() {
    use values::{Given, show_size, show_span, size, span};
    for text in ["1B", "1023B", "1KiB", "1536KiB", "256MiB", "3GiB", "1TiB"] {
        let bytes = size(&Given::Loose(text.to_owned()), &(0..=u64::MAX)).unwrap();
        assert_eq!(show_size(bytes), text);
    }
    for text in ["1ms", "250ms", "30s", "90s", "10min", "36h", "90d"] {
        let time =
            span(&Given::Loose(text.to_owned()), &(std::time::Duration::ZERO..=std::time::Duration::MAX))
                .unwrap();
        assert_eq!(show_span(time), text);
    }
    assert_eq!(table::nearest("http.listn").as_deref(), Some("http.listen"));
    assert_eq!(table::nearest("quux"), None);
}

proptest::proptest! {
    #[test]
    fn no_text_whatever_makes_it_panic(text in "\\PC{0,60}", name in "[A-Z_]{0,12}", value in "\\PC{0,20}") {
        let desk = Desk::new().file(&text).http().var(&format!("MCP_SERVER_{name}"), &value);
        if let Err(problems) = desk.load() {
            let said = problems.to_string();
            proptest::prop_assert!(said.starts_with("error: "));
        }
        let _ = Path::new(&text);
    }

    #[test]
    fn a_size_that_is_shown_is_that_size(bytes in 0u64..=u64::MAX) {
        let shown = values::show_size(bytes);
        proptest::prop_assert_eq!(values::size(&values::Given::Loose(shown), &(0..=u64::MAX)), Ok(bytes));
    }
}
