//! What is judged as a whole, and how it is shown.

use super::*;

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
    for root in [".:rw", "state:rw", "state/events:rw", "config:rw", "~:rw"] {
        desk().root(root).refused(&["contains", "so tools could write"]);
    }
    for root in ["state/events/inner", "state/events/inner:rw", "state/events"] {
        let inner = desk();
        fs::create_dir_all(inner.at("state/events/inner")).unwrap();
        inner.root(root).refused(&["the event log"]);
    }
    // what is only read may hold it: the shield knows where it is
    for root in [".", "state", "config", "~"] {
        let desk = desk();
        let own = desk.root(root).good().config.shield.own;
        let ends = ["state/events", "state/journal", "config/config.toml"];
        assert!(ends.iter().all(|end| own.iter().any(|own| own.ends_with(end))), "{own:?}");
    }
    // By a detour.
    let linked = desk();
    fs::create_dir_all(linked.at("state")).unwrap();
    symlink(linked.at("state"), linked.at("innocent")).unwrap();
    linked.root("innocent:rw").refused(&["contains the event log"]);
    let fine = desk();
    fs::create_dir_all(fine.at("notes")).unwrap();
    assert!(fine.root("notes").good().warnings.is_empty());
    desk().root("missing").warned("does not exist");
}

#[test]
fn what_is_let_in_lies_in_a_root_that_there_is() {
    let allow = |place: &str| {
        format!("[roots.notes]\npath = \"~/notes\"\n[files]\nallow_protected = [\"{place}\"]\n")
    };
    let desk = |place: &str| {
        let desk = Desk::new().file(allow(place));
        fs::create_dir_all(desk.at("notes")).unwrap();
        desk
    };
    desk("notse:/.env").refused(&["names `notse:/.env`", "`notse` is no root", "did you mean `notes:/`?"]);
    desk("elsewhere:/.env").refused(&["`elsewhere` is no root", "the roots are `notes`"]);
    for (place, shown) in
        [("notes:/.env", "notes:/.env"), ("notes:/a//.ssh/", "notes:/a/.ssh"), ("notes:/", "notes:/")]
    {
        let allowed = desk(place).good().config.shield.allowed;
        assert_eq!(allowed.iter().map(ToString::to_string).collect::<Vec<_>>(), [shown]);
    }
    let loose = desk("notes:/.env").var("MCP_SERVER_FILES_ALLOW_PROTECTED", "notes:/a, notes:/b");
    assert_eq!(loose.good().config.shield.allowed.len(), 2);
}

#[test]
fn a_root_in_a_place_of_secrets_is_warned_of_unless_it_is_let_in() {
    let text = "[roots.keys]\npath = \"~/.ssh\"\n";
    let desk = |text: &str| {
        let desk = Desk::new().file(text);
        fs::create_dir_all(desk.at(".ssh")).unwrap();
        desk
    };
    desk(text).warned("may hold secrets (private key)");
    desk(&format!("{text}[files]\nallow_protected = [\"keys:/x\"]\n")).warned("tools see nothing of it");
    assert!(desk(&format!("{text}[files]\nallow_protected = [\"keys:/\"]\n")).good().warnings.is_empty());
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
    let desk = desk.root("a/new").root("new").root("named=new:rw").root(".:rw").root("");
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
