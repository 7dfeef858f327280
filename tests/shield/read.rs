//! Looking.

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Door},
    desk::{Desk, SECRET, is_protected, looks},
};

/// Ways to a protected place: as it is called, in other letters, through links, by content.
const FILES: [&str; 16] = [
    "root:/.env",
    "root:/.ENV",
    "root:/app/.env.local",
    "root:/.ssh/config",
    "root:/.ssh/id_ed25519",
    "root:/folder/config",
    "root:/folder/id_ed25519",
    "root:/notes.txt",
    "root:/again.txt",
    "root:/around.txt",
    "root:/absolute.txt",
    "root:/.env.link",
    "root:/.git/config",
    "root:/remote.txt",
    "root:/elsewhere/.npmrc",
    "other:/app/.npmrc",
];

#[test]
fn what_holds_secrets_is_opened_by_no_tool_under_no_name() {
    for door in Door::ALL {
        let desk = Desk::new();
        let before = desk.contents();
        let mut server = desk.serve(door, &[]);
        for path in FILES {
            let calls = looks(path);
            for ((tool, _), answer) in calls.iter().zip(server.call_all(&calls)) {
                // what is no directory, or no media, may be refused for that first
                is_protected(&answer, &format!("{tool} {path}"));
            }
        }
        for path in ["root:/.ssh", "root:/folder", "root:/.ssh/", "root:/.SSH"] {
            for (tool, arguments) in looks(path) {
                is_protected(&server.call(tool, arguments), &format!("{tool} {path}"));
            }
        }
        for path in ["root:/deploy", "root:/certs/bundle.txt", "root:/certs/wide.txt"] {
            for tool in ["read_text_file", "read_media_file", "get_file_info"] {
                let answer = server.call(tool, json!({ "path": path }));
                answer.never_mentions(SECRET).never_mentions("SHIELDED7f3a");
                // a key that only its content tells has a size like any file
                assert_eq!(answer.is_well(), tool == "get_file_info", "{tool} {path}: {answer:?}");
            }
            let several = json!({ "paths": [path, "root:/plain.txt"] });
            let answer = server.call("read_multiple_files", several);
            assert!(answer.text().contains("plain a") && answer.text().contains("protected"), "{answer:?}");
            answer.never_mentions("SHIELDED7f3a");
        }
        server.stop();
        assert_eq!(desk.contents(), before);
    }
}

#[test]
fn no_address_of_a_resource_leads_to_secrets() {
    for door in Door::ALL {
        let desk = Desk::new();
        let mut server = desk.serve(door, &[]);
        let absolute = format!("file://{}/.env", desk.root().display());
        let mut addresses: Vec<String> = FILES
            .iter()
            .map(|path| path.replacen(":/", "/", 1))
            .map(|path| format!("root://{path}"))
            .collect();
        addresses.extend([
            absolute,
            "root://root/%2Eenv".into(),
            "root://root/.ssh".into(),
            "root://root/deploy".into(),
        ]);
        for uri in addresses {
            let answer = server.ask_all(&[("resources/read", json!({ "uri": uri }))]).remove(0);
            is_protected(&answer, &uri);
        }
        server.stop();
    }
}

#[test]
fn a_refusal_says_why_and_how_its_owner_lifts_it_and_leaves_an_event() {
    let desk = Desk::new();
    let mut server = desk.serve(Door::Stdio, &[]);
    let said = |answer: Answer| answer.failure().to_owned();
    assert_eq!(
        said(server.call("read_text_file", json!({ "path": "root:/notes.txt" }))),
        "`root:/.env` is protected: it may hold secrets (environment file); the owner can allow it with `files.allow_protected = [\"root:/.env\"]` in the configuration (protected)"
    );
    let key = said(server.call("read_text_file", json!({ "path": "root:/deploy" })));
    assert!(key.contains("(private key)") && key.contains("[\"root:/deploy\"]"), "{key}");
    server.stop();
    let events = desk.place.events_named("input_validation_failed");
    assert_eq!(events.len(), 2);
    assert!(
        events.iter().all(|event| event["code"] == "protected" && event["outcome"] == "refused"),
        "{events:?}"
    );
}

#[test]
fn listings_trees_and_searches_show_that_something_is_protected_and_go_round_it() {
    for door in Door::ALL {
        let desk = Desk::new();
        fs::write(desk.root().join(std::ffi::OsStr::from_bytes(b".env.\xff")), SECRET).unwrap();
        let mut server = desk.serve(door, &[]);
        let listing = server.call("list_directory", json!({ "path": "root:/" }));
        for line in [
            "[protected] .env",
            "[protected] raw:.env.%FF",
            "[protected] .ssh",
            "[FILE] .env.example",
            "[DIR] .git",
            "[LINK] notes.txt",
            "[LINK] folder",
            "[FILE] deploy",
            "[FILE] .mcp.json",
        ] {
            assert!(listing.text().lines().any(|listed| listed == line), "{line}: {}", listing.text());
        }
        let raw = server.call("read_text_file", json!({ "path": "root:/raw:.env.%FF" }));
        is_protected(&raw, "raw");
        let sized = server.call("list_directory_with_sizes", json!({ "path": "root:/" }));
        let line = sized.text().lines().find(|line| line.contains(".env ")).unwrap();
        assert!(line.starts_with("[protected] .env") && !line.contains(" B"), "{line:?}");

        let tree = server.call("directory_tree", json!({ "path": "root:/", "maxDepth": 9 }));
        let tree: Value = serde_json::from_str(tree.text()).unwrap();
        let named =
            |name: &str| tree.as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone();
        assert_eq!(named(".ssh"), json!({ "name": ".ssh", "type": "[protected]" }));
        assert_eq!(named(".env"), json!({ "name": ".env", "type": "[protected]" }));
        let git = named(".git");
        assert!(
            git["children"].as_array().unwrap().contains(&json!({ "name": "config", "type": "[protected]" }))
        );

        let found = server.call("search_files", json!({ "path": "root:/", "pattern": "**" }));
        let lines: Vec<&str> = found.text().lines().collect();
        for hidden in
            ["root:/.env", "root:/.ssh", "root:/.ssh/config", "root:/app/.env.local", "root:/.git/config"]
        {
            assert!(!lines.contains(&hidden), "{hidden}");
        }
        assert!(lines.contains(&"root:/.env.example") && lines.contains(&"root:/.git/hooks/pre-commit"));
        assert!(found.0.to_string().contains("protected places were left out"), "{found:?}");
        // what nobody looked for is not counted
        let found = server.call("search_files", json!({ "path": "root:/src", "pattern": "**/*.rs" }));
        assert!(found.says("root:/src/crypto.rs").result()["content"][1].is_null());
        server.stop();
    }
}

#[test]
fn a_search_of_contents_goes_round_it_too() {
    for door in Door::ALL {
        let desk = Desk::new();
        let mut server = desk.serve(door, &[]);
        for query in ["SHIELDED", "PRIVATE KEY", "TOKEN", "."] {
            let args =
                json!({ "path": "root:/", "query": query, "isRegex": query == ".", "maxResults": 1000 });
            let found = server.call("search_file_contents", args);
            assert!(found.is_well(), "{found:?}");
            found.never_mentions(SECRET).never_mentions("SHIELDED7f3a");
            assert!(found.0.to_string().contains("protected"), "{found:?}");
        }
        server.stop();
    }
}

#[test]
fn what_only_looks_like_a_secret_is_read() {
    let desk = Desk::new();
    let mut server = desk.serve(Door::Stdio, &[]);
    for (path, part) in [
        ("root:/.env.example", "TOKEN="),
        ("root:/src/crypto.rs", "BEGIN OPENSSH"),
        ("root:/src/environment.ts", "export"),
        ("root:/.git/hooks/pre-commit", "#!/bin/sh"),
        ("root:/.vscode/tasks.json", "{}"),
        ("root:/.mcp.json", "{}"),
    ] {
        let answer = server.call("read_text_file", json!({ "path": path }));
        assert!(answer.text().contains(part), "{path}: {answer:?}");
    }
    server.stop();
}

#[test]
fn a_name_that_is_swapped_for_a_link_never_shows_what_is_protected() {
    let desk = Desk::new();
    let root = desk.root();
    fs::write(root.join("swap"), "plain b\n").unwrap();
    symlink(".env", root.join("link")).unwrap();
    fs::create_dir(root.join("dir")).unwrap();
    fs::write(root.join("dir/config"), "plain c\n").unwrap();
    symlink(".ssh", root.join("dirlink")).unwrap();
    let mut server = desk.serve(Door::Stdio, &[]);
    let over = AtomicBool::new(false);
    let (mut shown, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            while !over.load(Ordering::Relaxed) {
                for (one, two) in [("swap", "link"), ("dir", "dirlink")] {
                    renameat_with(CWD, root.join(one), CWD, root.join(two), RenameFlags::EXCHANGE).unwrap();
                }
            }
        });
        let reads: Vec<_> = (0..1_000)
            .flat_map(|_| {
                [
                    ("read_text_file", json!({ "path": "root:/swap" })),
                    ("read_text_file", json!({ "path": "root:/dir/config" })),
                    ("list_directory", json!({ "path": "root:/dir" })),
                    ("search_file_contents", json!({ "path": "root:/dir", "query": "User" })),
                ]
            })
            .collect();
        for answer in server.call_all(&reads) {
            answer.never_mentions(SECRET).never_mentions("id_ed25519");
            if answer.is_well() { shown += 1 } else { refused += 1 }
        }
        over.store(true, Ordering::Relaxed);
    });
    server.stop();
    assert!(shown > 0 && refused > 0, "the race was run: {shown} shown, {refused} refused");
}
