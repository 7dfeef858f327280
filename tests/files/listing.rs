//! `list_directory` and `list_directory_with_sizes`.

use std::{fs, os::unix::fs::symlink};

use mcp_server::{
    refusal::Code,
    tools::{
        context::{Declared, Notice, Notices},
        mailbox::mailbox,
    },
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{ground::scratch, server::Server};

#[tokio::test]
async fn a_directory_of_many_names_is_listed_as_far_as_it_fits() {
    let count = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    for n in 0..count {
        fs::File::create(root.join(format!("{n:06}"))).unwrap();
    }
    let server = Server::new(&[&root]);
    let said = server.call("list_directory", json!({ "path": "." })).await;
    let lines: Vec<_> = said.is_prompt().text().lines().collect();
    assert_eq!((lines.len(), lines[0], lines[9_999]), (10_000, "[FILE] 000000", "[FILE] 009999"));
    assert!(said.note().contains(&format!("10000 of {count}")), "{}", said.note());

    let (slot, mut notices) = mailbox();
    let listening = Notices { slot: Some(slot), progress: true, ..Notices::default() };
    let context = server.context(&CancellationToken::new()).listening(listening, Declared::default());
    let args = json!({ "path": ".", "pattern": "*9" });
    let found = server.call_with("search_files", args.clone(), context).await;
    assert_eq!(found.is_prompt().text().lines().count(), 200);
    assert!(matches!(notices.take(), Some(Notice::Progress { .. })));

    let cancel = CancellationToken::new();
    cancel.cancel();
    for (tool, args) in [("search_files", args), ("list_directory", json!({ "path": "." }))] {
        let said = server.call_with(tool, args, server.context(&cancel)).await;
        said.is_refused(Code::Abandoned);
    }
}

/// A line of `list_directory_with_sizes`.
fn line(label: &str, name: &str, size: &str) -> String {
    let size = if size.is_empty() { String::new() } else { format!("{size:>10}") };
    format!("[{label}] {name:<30} {size}")
}

#[tokio::test]
async fn sizes_stand_beside_the_names_and_are_summed_up() {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir_all(root.join("d/inner")).unwrap();
    fs::create_dir(root.join("none")).unwrap();
    for (name, bytes) in [("b.bin", 2_000_000), ("a.txt", 5), ("empty", 0), ("tie", 1_152), ("d/x", 9)] {
        fs::File::create(root.join(name)).unwrap().set_len(bytes).unwrap();
    }
    fs::File::create(root.join("sparse")).unwrap().set_len(1 << 40).unwrap();
    symlink("/etc/passwd", root.join("link")).unwrap();
    let server = Server::new(&[&root]);
    let list = async |args: Value| server.call("list_directory_with_sizes", args).await;
    let sum = "\nTotal: 5 files, 2 directories, 1 others\nCombined size: 1.00 TB";
    let by_name = [
        line("FILE", "a.txt", "5 B"),
        line("FILE", "b.bin", "1.91 MB"),
        line("DIR", "d", ""),
        line("FILE", "empty", "0 B"),
        line("LINK", "link", ""),
        line("DIR", "none", ""),
        line("FILE", "sparse", "1.00 TB"),
        line("FILE", "tie", "1.13 KB"),
        sum.to_owned(),
    ];
    list(json!({ "path": "." })).await.is(&by_name.join("\n")).has_no_note();
    list(json!({ "path": ".", "sortBy": "name" })).await.is(&by_name.join("\n"));
    let names = async |args: Value| {
        let said = list(args).await;
        let lines = said.text().lines().take_while(|line| !line.is_empty());
        lines.map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let by_size = names(json!({ "path": ".", "sortBy": "size" })).await;
    assert_eq!(by_size, ["sparse", "b.bin", "tie", "a.txt", "empty", "d", "link", "none"]);
    let said = list(json!({ "path": "none" })).await;
    said.is("\nTotal: 0 files, 0 directories\nCombined size: 0 B").has_no_note();
    let said = list(json!({ "path": ".", "sortBy": "date" })).await.is_refused(Code::OutOfRange);
    assert_eq!(said, "`sortBy` must be one of name, size");
    list(json!({ "path": "a.txt" })).await.is_refused(Code::NotDirectory);
}

#[tokio::test]
async fn of_many_names_the_first_are_shown_and_all_are_summed_up() {
    let count = if cfg!(debug_assertions) { 12_000 } else { 100_000 };
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    for n in 0..count {
        fs::write(root.join(format!("{n:06}")), vec![b'x'; n % 10]).unwrap();
    }
    fs::write(root.join("zz-largest"), vec![b'x'; 1_000]).unwrap();
    let server = Server::new(&[&root]);
    for (order, first) in [("name", "[FILE] 000000"), ("size", "[FILE] zz-largest")] {
        let args = json!({ "path": ".", "sortBy": order });
        let said = server.call("list_directory_with_sizes", args).await;
        let (lines, sum) = said.is_prompt().text().split_once("\n\n").unwrap();
        assert!(lines.starts_with(first) && lines.lines().count() == 10_000, "{order}");
        assert_eq!(sum.lines().next().unwrap(), format!("Total: {} files, 0 directories", count + 1));
        assert!(said.note().contains(&format!("first 10000 of {}", count + 1)), "{}", said.note());
    }
    // names so long that fewer fit
    let long = dir.path().join("long");
    fs::create_dir(&long).unwrap();
    for n in 0..5_000 {
        fs::File::create(long.join(format!("{n:05}{}", "é".repeat(125)))).unwrap();
    }
    let server = Server::new(&[&long]);
    for tool in ["list_directory", "list_directory_with_sizes"] {
        let said = server.call(tool, json!({ "path": "." })).await;
        assert!(said.text().len() <= 1 << 20 && said.note().contains(" of 5000 "), "{}", said.note());
    }
    let said = server.call("list_directory_with_sizes", json!({ "path": "." })).await;
    assert!(said.text().ends_with("\n\nTotal: 5000 files, 0 directories\nCombined size: 0 B"));

    let cancel = CancellationToken::new();
    cancel.cancel();
    let args = json!({ "path": "." });
    let said = server.call_with("list_directory_with_sizes", args, server.context(&cancel)).await;
    said.is_refused(Code::Abandoned);
}
