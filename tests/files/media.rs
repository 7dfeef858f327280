//! `read_media_file`: what a file is, not what it is called.

use std::fs;

use mcp_server::{guard::Block, refusal::Code};
use serde_json::json;

use super::{
    ground::{Tree, scratch},
    server::{SECRET, Said, Server},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;";
const WEBP: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8L";
const BMP: &[u8] = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt ";
const OGG: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis";
const FLAC: &[u8] = b"fLaC\0\0\0\x22";
const MP3: &[u8] = b"ID3\x04\0\0\0\0\0\0";
const MP3_FRAME: &[u8] = b"\xff\xfb\x90\x64\0\0";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
const SVG_LATER: &[u8] = b"<?xml version=\"1.0\"?>\n<!-- drawn by hand -->\n<svg/>";

/// The type that a file is sent as, and whether a note stands beside it.
#[track_caller]
fn sent(said: &Said, bytes: &[u8]) -> (String, bool) {
    let (Block::Image { mime, data } | Block::Audio { mime, data } | Block::BlobResource { mime, data, .. }) =
        &said.blocks()[0]
    else {
        panic!("{said:?}")
    };
    assert_eq!(data, bytes, "as it stands on the disk");
    let kind = mime.split('/').next().unwrap();
    let is_right = match &said.blocks()[0] {
        Block::Image { .. } => kind == "image",
        Block::Audio { .. } => kind == "audio",
        _ => mime == "application/octet-stream",
    };
    assert!(is_right, "{said:?}");
    (mime.clone(), said.blocks().len() > 1)
}

#[tokio::test]
async fn a_file_is_sent_as_what_it_is() {
    const BYTES: &str = "application/octet-stream";
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    let server = Server::new(&[&root]);
    let rows: &[(&str, &[u8], &str, bool)] = &[
        ("a.png", PNG, "image/png", false),
        ("a.PNG", PNG, "image/png", false),
        ("a.jpg", JPEG, "image/jpeg", false),
        ("a.jpeg", JPEG, "image/jpeg", false),
        ("a.gif", GIF, "image/gif", false),
        ("a.webp", WEBP, "image/webp", false),
        ("a.bmp", BMP, "image/bmp", false),
        ("a.svg", SVG, "image/svg+xml", false),
        ("b.svg", SVG_LATER, "image/svg+xml", false),
        ("a.mp3", MP3, "audio/mpeg", false),
        ("b.mp3", MP3_FRAME, "audio/mpeg", false),
        ("a.wav", WAV, "audio/wav", false),
        ("a.ogg", OGG, "audio/ogg", false),
        ("a.flac", FLAC, "audio/flac", false),
        // the content wins over the name
        ("really-jpeg.png", JPEG, "image/jpeg", false),
        ("screenshot", PNG, "image/png", false),
        ("song.bin", FLAC, "audio/flac", false),
        // and what is none of these is sent as none, whatever it is called
        ("page.png", b"<html>not found</html>", BYTES, true),
        ("empty.png", b"", BYTES, true),
        ("text.gif", b"GIF is a format", BYTES, true),
        ("text.bmp", b"BMW builds cars", BYTES, true),
        ("data.svg", b"{}", BYTES, true),
        ("cut.webp", b"RIFF", BYTES, true),
        ("page.html", SVG, BYTES, false),
        ("frame.bin", MP3_FRAME, BYTES, false),
        ("a.pdf", b"%PDF-1.7\n", BYTES, false),
        ("a.txt", b"hello\n", BYTES, false),
        (".png", PNG, "image/png", false),
    ];
    for (name, bytes, mime, has_note) in rows {
        fs::write(root.join(name), bytes).unwrap();
        let said = server.call("read_media_file", json!({ "path": name })).await;
        assert_eq!(sent(&said, bytes), ((*mime).to_owned(), *has_note), "{name}");
    }
    let said = server.call("read_media_file", json!({ "path": "page.png" })).await;
    assert_eq!(said.note(), "[its name says image/png, its content does not; it comes as plain bytes]");
    let said = server.call("read_media_file", json!({ "path": "a.pdf" })).await;
    assert!(
        matches!(said.blocks(), [Block::BlobResource { uri, .. }] if uri == "root://r/a.pdf"),
        "{said:?}"
    );
}

#[tokio::test]
async fn five_mebibytes_are_sent_whole_and_one_byte_more_is_refused_with_its_size() {
    let tree = Tree::new();
    let root = tree.root();
    let mut image = PNG.to_vec();
    image.resize(5 << 20, 7);
    fs::write(root.join("large.png"), &image).unwrap();
    image.push(7);
    fs::write(root.join("larger.png"), &image).unwrap();
    let server = tree.server();
    let said = server.call("read_media_file", json!({ "path": "large.png" })).await;
    assert_eq!(sent(&said, &image[..5 << 20]), ("image/png".to_owned(), false));
    let said =
        server.call("read_media_file", json!({ "path": "larger.png" })).await.is_refused(Code::TooLarge);
    assert!(said.contains("root:/larger.png has 5242881 bytes") && said.contains("5242880"), "{said}");
    let said = server.call("read_media_file", json!({ "path": "sparse_1TiB.bin" })).await;
    assert!(said.is_prompt().is_refused(Code::TooLarge).contains("1099511627776"));

    server.call("read_media_file", json!({ "path": "sub" })).await.is_refused(Code::IsDirectory);
    server.call("read_media_file", json!({ "path": "fifo" })).await.is_prompt().is_refused(Code::NotRegular);
    let said = server.call("read_media_file", json!({ "path": "link_to_outside_file" })).await;
    assert!(!said.is_refused(Code::LinkLeavesRoot).contains(SECRET));
}
