//! The layers, from weakest to strongest.

use super::*;

#[test]
fn without_anything_every_key_is_at_its_default() {
    let desk = Desk::new();
    let loaded = desk.good();
    assert_eq!(loaded.source, None);
    assert_eq!(loaded.config.events.dir, desk.at("state/events"));
    assert_eq!(loaded.config.journal.dir, desk.at("state/journal"));
    assert_eq!(loaded.config.log.dir, Some(desk.at("state/log")));
    assert!(loaded.warnings.is_empty());
    assert!(show::rows(&loaded).iter().all(|row| row.origin == Origin::Default));
}

#[test]
fn the_table_tells_the_defaults_that_are_in_force() {
    let loaded = Desk::new().good();
    for row in show::rows(&loaded) {
        if !["events.dir", "journal.dir"].contains(&&*row.path) {
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
    for key in table::all() {
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
    desk.root(&format!("{root}:rw")).refused(&["the file with the key"]);
}

#[test]
fn no_key_needed_and_a_key_brought_is_a_contradiction() {
    let desk = Desk::new().http().var("ENABLE_AUTH", "false").var("API_KEY", GOOD_KEY);
    desk.refused(&["`ENABLE_AUTH`", "no key is needed"]);
    let desk = Desk::new().http().var("API_KEY", GOOD_KEY).flag("http.auth", "--no-auth", "false");
    desk.warned("limit nobody");
}
