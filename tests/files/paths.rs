//! Where a path may lead, through every argument that takes one.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mcp_server::refusal::Code;
use serde_json::json;

use super::{
    fixture::{Row, corpus},
    ground::Tree,
    path_table::{PATH_ARGUMENTS, PathArgument, Takes},
    server::{PROMPT, SECRET, Said, Server},
};

#[tokio::test]
async fn every_path_of_the_corpus_stays_inside_three_times_over() {
    let tree = Tree::new();
    let server = tree.server();
    let rows = corpus(include_str!("../corpus/paths.txt"));
    for row in rows.iter().filter(|row| row.expect == "allow" && row.class == "ordinary") {
        let path = tree.root().join(&row.text);
        if !row.text.contains("{ROOT}") && !path.exists() {
            fs::write(path, "ordinary\n").unwrap();
        }
    }
    for _ in 0..3 {
        for row in &rows {
            let path = tree.fill(&row.text);
            for argument in PATH_ARGUMENTS {
                let (tool, args) = argument.call(&path);
                judge(row, argument, &server.call(tool, args).await);
            }
        }
    }
}

#[track_caller]
fn judge(row: &Row, argument: &PathArgument, said: &Said) {
    let about = format!("{} {:?}: {}", argument.tool, row.text, said.whole());
    assert!(said.took < PROMPT, "{:?} for {about}", said.took);
    if row.class == "hardlink" {
        // the bytes are the file's own, whatever its other names
        let shows = matches!(argument.takes, Takes::Text | Takes::Bytes);
        assert_eq!(said.whole().contains(SECRET), shows, "{about}");
        return;
    }
    assert!(!said.whole().contains(SECRET), "{about}");
    match row.expect.as_str() {
        "deny" if row.class != "sensitive_in_root" => assert!(!said.is_well(), "{about}"),
        "allow" => assert_eq!(said.is_well(), argument.takes_files(), "{about}"),
        "special" if row.text != "sub" => assert!(!said.is_well(), "{about}"),
        "special" => {
            let is_met = matches!(argument.takes, Takes::Directory | Takes::Either);
            assert_eq!(said.is_well(), is_met, "{about}");
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_path_of_the_corpus_stays_inside_as_an_address() {
    let tree = Tree::new();
    let server = tree.server();
    for row in corpus(include_str!("../corpus/paths.txt")) {
        let path = tree.fill(&row.text);
        let encoded = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
        let relative = path.trim_start_matches('/');
        let addresses = [
            path.clone(),
            format!("root://root/{path}"),
            format!("root://root/{encoded}"),
            format!("file:///{relative}"),
            format!("file://localhost/{relative}"),
            format!("file://{path}"),
        ];
        for uri in addresses {
            let said = server.read(&uri).await;
            said.is_prompt();
            if row.class != "hardlink" {
                assert!(!said.whole().contains(SECRET), "{uri}: {}", said.whole());
            }
        }
    }
}

#[tokio::test]
async fn links_are_followed_inside_and_refused_when_they_leave() {
    let tree = Tree::new();
    let server = tree.server();
    let read = async |path: &str| server.call("read_text_file", json!({ "path": path })).await;
    for path in ["link_inside_rel", "link_abs_inside"] {
        read(path).await.is("INSIDE file\n");
    }
    read("link_inside_dir/deep/note.txt").await.is("INSIDE note\n");
    read("hardlink_to_outside").await.is(&format!("{SECRET}-7f3a\n"));
    let leaving = [
        "link_to_outside_file",
        "link_to_outside_rel",
        "link_to_outside_dir/secret.txt",
        "link_to_outside_dir/nothing",
        "link_to_root_parent/outside/secret.txt",
        "link_to_slash/etc/passwd",
        "chain1",
        "sub/link_up",
        "dangling_outside",
        "dangling_outside_dir/new.txt",
        "link_to_proc_root/etc/passwd",
        "link_to_proc_cwd",
        "link_to_sibling/x.txt",
    ];
    let mut heard = Vec::new();
    for path in leaving {
        heard.push(read(path).await.is_refused(Code::LinkLeavesRoot));
    }
    heard.dedup();
    assert_eq!(heard.len(), 1, "the same words whatever is there: {heard:?}");
    read("loop_a").await.is_refused(Code::NotFound);
    let listed = server.call("list_directory", json!({ "path": "link_inside_dir" })).await;
    listed.is("[DIR] deep\n[LINK] link_up");
}

#[tokio::test]
async fn absolute_links_lead_from_root_to_root_a_bounded_number_of_times() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    fs::create_dir_all(&one).unwrap();
    fs::create_dir_all(two.join("d")).unwrap();
    fs::write(two.join("d/x.txt"), "two").unwrap();
    symlink(two.join("d"), one.join("there")).unwrap();
    for hop in 0..12 {
        symlink(one.join(format!("hop{}", hop + 1)), one.join(format!("hop{hop}"))).unwrap();
    }
    fs::write(one.join("hop12"), "end").unwrap();
    let server = Server::new(&[&one, &two]);
    server.call("read_text_file", json!({ "path": "one:/there/x.txt" })).await.is("two");
    server.call("read_text_file", json!({ "path": "one:/hop4" })).await.is("end");
    server.call("read_text_file", json!({ "path": "one:/hop0" })).await.is_refused(Code::NotFound);
    let narrow = Server::new(&[&one, &two]).reaching(&["one"]);
    let said = narrow.call("read_text_file", json!({ "path": "one:/there/x.txt" })).await;
    said.is_refused(Code::LinkLeavesRoot);
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once_and_listed_truthfully() {
    let tree = Tree::new();
    let server = tree.server();
    for path in ["fifo", "fifo_busy", "unix.sock"] {
        for tool in ["read_text_file", "get_file_info"] {
            server.call(tool, json!({ "path": path })).await.is_prompt().is_refused(Code::NotRegular);
        }
    }
    let said = server.call("read_text_file", json!({ "path": "sub" })).await.is_refused(Code::IsDirectory);
    assert!(said.contains("root:/sub") && said.contains("list_directory"), "{said}");
    server.call("list_directory", json!({ "path": "file.txt" })).await.is_refused(Code::NotDirectory);
    let said = server.call("read_text_file", json!({ "path": "gone" })).await.is_refused(Code::NotFound);
    assert!(said.contains("root:/gone") && !said.contains(&*tree.root().to_string_lossy()), "{said}");
    let listing = server.call("list_directory", json!({ "path": "." })).await;
    for line in ["[FIFO] fifo", "[SOCKET] unix.sock", "[LINK] chain1", "[DIR] sub", "[FILE] file.txt"] {
        assert!(listing.text().lines().any(|listed| listed == line), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_swapped_for_a_link_never_shows_what_is_outside() {
    let tree = Tree::new();
    let root = tree.root();
    let secret = tree.dir.path().join("outside/secret.txt");
    fs::write(root.join("plain"), "INSIDE plain\n").unwrap();
    symlink(&secret, root.join("link")).unwrap();
    fs::create_dir(root.join("dir")).unwrap();
    fs::write(root.join("dir/secret.txt"), "INSIDE dir\n").unwrap();
    symlink(tree.dir.path().join("outside"), root.join("dirlink")).unwrap();
    fs::hard_link(root.join("plain"), root.join("swap")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let (stop, root) = (Arc::clone(&stop), root.clone());
        move || {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            while !stop.load(Ordering::Relaxed) {
                for (one, two) in [("swap", "link"), ("dir", "dirlink")] {
                    let (one, two) = (root.join(one), root.join(two));
                    renameat_with(CWD, one, CWD, two, RenameFlags::EXCHANGE).unwrap();
                }
            }
        }
    });
    let server = tree.server();
    let (mut inside, mut refused) = (0, 0);
    for _ in 0..2_000 {
        for path in ["swap", "dir/secret.txt"] {
            let said = server.call("read_text_file", json!({ "path": path })).await;
            assert!(!said.whole().contains(SECRET), "{}", said.whole());
            match said.result {
                Ok(_) => inside += 1,
                Err(_) => refused += 1,
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(inside > 0 && refused > 0, "the race was run: {inside} inside, {refused} refused");
}
