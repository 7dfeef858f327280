//! What stands in a file, and which file is read.

use super::*;

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
    ("[roots.all]\npath = \"/\"\nwrite = true", "line 2, column 8", "contains the event log"),
    ("[files]\nallow_protected = [\".env\"]", "line 2, column 20", "must be a place in a root"),
    ("[files]\nallow_protected = [\"notes:/../.env\"]", "line 2, column 20", "leads out"),
    ("[files]\nallow_protected = [\"notes:/.env\"]", "line 2, column 19", "`notes` is no root"),
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
        .file(
            "[http]\nlistn = 1\nauth = 1\nhosts = [1, 2]\n[bogus]\n[roots.all]\npath = \"/\"\nwrite = true\n",
        )
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
