//! Names that are swapped for others while tools use them: nothing outside is read or written.
//!
//! The whole campaign, as it is meant: `RACE_SWAPS=100000 cargo test --test changes race -- --nocapture`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

use crate::{
    common::{Door, Place, Server, fixture::SECRET},
    desk::tree,
};

/// Swaps in one round, where nobody asks for more.
const SWAPS: u64 = 3_000;

/// Names that change places: a file or a directory, and a link that leads out or a directory of another kind.
const PAIRS: [(&str, &str); 4] =
    [("file", "file_link"), ("dir", "dir_link"), ("deep/dir", "deep_link"), ("file", "dir")];

fn build(base: &Path) {
    let (root, outside) = (base.join("root"), base.join("outside"));
    fs::create_dir_all(root.join("deep/dir")).unwrap();
    fs::create_dir_all(root.join("dir/sub")).unwrap();
    fs::create_dir_all(outside.join("sub")).unwrap();
    for path in ["file", "dir/file", "dir/sub/file", "deep/dir/file"] {
        fs::write(root.join(path), "INSIDE word\n").unwrap();
    }
    for path in ["file", "sub/file"] {
        fs::write(outside.join(path), format!("{SECRET} word\n")).unwrap();
    }
    symlink(outside.join("file"), root.join("file_link")).unwrap();
    symlink(&outside, root.join("dir_link")).unwrap();
    symlink(&outside, root.join("deep_link")).unwrap();
}

fn calls(round: u64) -> Vec<(&'static str, Value)> {
    let edits = json!([{ "oldText": "word", "newText": "word", "replaceAll": true }]);
    let (free, other) = (format!("free{round}"), format!("other{round}"));
    let mut calls = vec![
        ("search_files", json!({ "path": ".", "pattern": "**/file" })),
        ("search_file_contents", json!({ "path": ".", "query": "word" })),
        ("directory_tree", json!({ "path": "." })),
        ("read_multiple_files", json!({ "paths": ["file", "dir/file", "deep/dir/file", "dir/sub/file"] })),
        ("move_file", json!({ "source": "file", "destination": free })),
        ("move_file", json!({ "source": free, "destination": "file" })),
        ("move_file", json!({ "source": "dir/sub", "destination": other })),
        ("move_file", json!({ "source": other, "destination": "dir/sub" })),
        ("copy_file", json!({ "source": "dir", "destination": format!("copy{round}") })),
        ("delete_file", json!({ "path": format!("copy{round}"), "recursive": true })),
        ("create_directory", json!({ "path": "deep/dir/made" })),
        ("delete_file", json!({ "path": "deep/dir/made" })),
        ("list_changes", json!({ "path": "dir" })),
    ];
    for path in ["file", "dir/file", "deep/dir/file", "dir/sub/file"] {
        calls.push(("read_text_file", json!({ "path": path })));
        calls
            .push(("list_directory", json!({ "path": path.rsplit_once('/').map_or("dir", |(dir, _)| dir) })));
        calls.push(("write_file", json!({ "path": path, "content": "INSIDE word\n" })));
        calls.push(("edit_file", json!({ "path": path, "edits": edits })));
    }
    calls
}

#[test]
fn whatever_is_swapped_while_tools_run_nothing_outside_is_read_or_written() {
    let wanted = std::env::var("RACE_SWAPS").map_or(SWAPS, |swaps| swaps.parse().unwrap());
    let place = Place::new();
    let base = place.dir("ground");
    build(&base);
    let before = tree(&base.join("outside"));
    let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let root = base.join("root");
    let (mut done, mut refused) = (0_u64, 0_u64);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                for (one, two) in PAIRS {
                    // what a tool has moved away is missing for a moment
                    let swap = |flags| renameat_with(CWD, root.join(one), CWD, root.join(two), flags);
                    swaps.fetch_add(u64::from(swap(RenameFlags::EXCHANGE).is_ok()), Relaxed);
                }
            }
        });
        let ends = Ends(&stop);
        let writable = format!("{}:rw", root.display());
        let mut server = Server::start(&place, Door::Stdio, &["--root", &writable], &[]);
        let mut round = 0;
        while swaps.load(Relaxed) < wanted || done < wanted / 30 {
            for answer in server.call_all(&calls(round)) {
                answer.never_mentions(SECRET);
                if answer.is_well() { done += 1 } else { refused += 1 }
            }
            round += 1;
        }
        drop(ends);
        server.stop();
    });
    println!("{} swaps, {done} calls done, {refused} refused", swaps.load(Relaxed));
    assert_eq!(tree(&base.join("outside")), before);
    assert!(done > 0 && refused > 0, "the race was run: {done} done, {refused} refused");
    let litter = |path: &std::path::PathBuf| path.to_string_lossy().contains(".mcp-server-");
    assert_eq!(tree(&root).keys().filter(|path| litter(path)).count(), 0, "{:?}", tree(&root).keys());
}

/// Ends the swapping, also when a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
