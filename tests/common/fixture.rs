//! The tree of `corpus/make_fixture.sh`, built here, and the rows of a corpus.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses its part of this")]
#![allow(clippy::disallowed_methods, reason = "builds the trees that the tools then look at")]

use std::{fs, os::unix::fs::symlink, path::Path};

/// What stands outside the root and nowhere else.
pub const SECRET: &str = "OUTSIDE-SECRET";

/// Makes `root` with what may be read, and `outside` and `root-evil` beside it.
pub fn make(base: &Path) {
    let (root, outside, sibling) = (base.join("root"), base.join("outside"), base.join("root-evil"));
    for dir in [&root.join("sub/deep"), &outside, &sibling] {
        fs::create_dir_all(dir).unwrap();
    }
    fs::write(root.join("file.txt"), "INSIDE file\n").unwrap();
    fs::write(root.join("sub/deep/note.txt"), "INSIDE note\n").unwrap();
    fs::write(outside.join("secret.txt"), format!("{SECRET}-7f3a\n")).unwrap();
    fs::write(sibling.join("x.txt"), format!("{SECRET}-sibling\n")).unwrap();
    let links = [
        (outside.join("secret.txt"), "link_to_outside_file"),
        ("../outside/secret.txt".into(), "link_to_outside_rel"),
        (outside.clone(), "link_to_outside_dir"),
        ("..".into(), "link_to_root_parent"),
        ("/".into(), "link_to_slash"),
        ("chain2".into(), "chain1"),
        ("chain3".into(), "chain2"),
        (outside.join("secret.txt"), "chain3"),
        ("../../outside/secret.txt".into(), "sub/link_up"),
        (outside.join("does-not-exist"), "dangling_outside"),
        (outside.join("newdir"), "dangling_outside_dir"),
        ("/proc/self/root".into(), "link_to_proc_root"),
        ("/proc/self/cwd".into(), "link_to_proc_cwd"),
        (root.join("file.txt"), "link_abs_inside"),
        ("loop_b".into(), "loop_a"),
        ("loop_a".into(), "loop_b"),
        (sibling.clone(), "link_to_sibling"),
        ("sub/deep".into(), "link_dotdot_inside"),
        ("file.txt".into(), "link_inside_rel"),
        ("sub".into(), "link_inside_dir"),
    ];
    for (target, name) in links {
        symlink(target, root.join(name)).unwrap();
    }
    fs::hard_link(outside.join("secret.txt"), root.join("hardlink_to_outside")).unwrap();
    for name in ["fifo", "fifo_busy"] {
        make_node(&root.join(name), rustix::fs::FileType::Fifo, 0);
    }
    make_node(&root.join("chardev_zero"), rustix::fs::FileType::CharacterDevice, rustix::fs::makedev(1, 5));
    fs::File::create(root.join("sparse_1TiB.bin")).unwrap().set_len(1 << 40).unwrap();
    drop(std::os::unix::net::UnixListener::bind(root.join("unix.sock")).unwrap());
}

/// The text of a row with its places filled in.
pub fn fill(base: &Path, text: &str) -> String {
    let base = base.display();
    text.replace("{ROOT}", &format!("{base}/root"))
        .replace("{SIBLING}", &format!("{base}/root-evil"))
        .replace("{OUTSIDE}", &format!("{base}/outside"))
}

/// A node that is no file. Without the right to make it there is none, and its rows say "not found".
pub fn make_node(path: &Path, kind: rustix::fs::FileType, device: u64) {
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let _ = rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, device);
}

pub struct Row {
    pub expect: String,
    pub class: String,
    pub text: String,
}

pub fn corpus(text: &str) -> Vec<Row> {
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    rows.map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap().to_owned();
        Row { expect: next(), class: next(), text: serde_json::from_str(&next()).unwrap() }
    })
    .collect()
}
