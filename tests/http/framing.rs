//! Bytes that two readers could read differently are read by nobody
//! (rows W2, W5, W6 and W7 of the hostile table, and what 2.5 of it measured).

use std::{
    io::Write,
    time::{Duration, Instant},
};

use crate::{
    common::{HttpServer, Place, Reply, UNLIMITED},
    log::counted,
    wire::{Ask, HELLO, eventually, read_to_end, replies, until_closed},
};

/// What must come of one row.
enum Wanted {
    /// This status, and no call.
    Status(u16),
    /// Closed, with this status or without a word.
    Closed(u16),
    /// One call, answered; what stands behind it on the connection is not served.
    OneCallThenClosed,
    /// One call, answered.
    OneCall,
}

use Wanted::{Closed, OneCall, OneCallThenClosed, Status};

fn rows(server: &HttpServer) -> Vec<(&'static str, Vec<u8>, Wanted)> {
    let post = || Ask::post(server, HELLO);
    let chunked = |tail: &str| {
        let head = Ask::post(server, "").without("Content-Length").add("Transfer-Encoding", "chunked");
        [head.bytes(), tail.as_bytes().to_vec()].concat()
    };
    let size = format!("{:x}", HELLO.len());
    let whole = format!("{size}\r\n{HELLO}\r\n0\r\n\r\n");
    let second = Ask::post(server, HELLO).bytes();
    let raw = |text: &str| text.as_bytes().to_vec();
    let text = String::from_utf8(post().bytes()).unwrap();
    let length = HELLO.len();
    vec![
        // two lengths
        (
            "CL then TE",
            [post().keep_alive().add("Transfer-Encoding", "chunked").bytes(), vec![]].concat(),
            Closed(400),
        ),
        (
            "CL 4 and TE, a second request behind",
            {
                let head = Ask::post(server, "")
                    .keep_alive()
                    .set("Content-Length", 4)
                    .add("Transfer-Encoding", "chunked");
                [head.bytes(), raw(&whole), second.clone()].concat()
            },
            OneCallThenClosed,
        ),
        (
            "TE before CL",
            {
                let head = Ask::post(server, "")
                    .keep_alive()
                    .without("Content-Length")
                    .add("Transfer-Encoding", "chunked")
                    .add("Content-Length", 4);
                [head.bytes(), raw(&whole), second.clone()].concat()
            },
            OneCallThenClosed,
        ),
        ("two equal CL", post().add("Content-Length", length).bytes(), OneCall),
        ("two different CL", post().add("Content-Length", 3).bytes(), Status(400)),
        ("CL as a list", post().set("Content-Length", format!("{length}, {length}")).bytes(), Status(400)),
        ("CL with a sign", post().set("Content-Length", format!("+{length}")).bytes(), Status(400)),
        ("CL negative", post().set("Content-Length", "-1").bytes(), Status(400)),
        ("CL in hex", post().set("Content-Length", format!("0x{length:x}")).bytes(), Status(400)),
        ("CL empty", post().set("Content-Length", "").bytes(), Status(400)),
        ("CL beyond 64 bits", post().set("Content-Length", "18446744073709551616").bytes(), Status(400)),
        ("CL with a space inside", post().set("Content-Length", "1 2").bytes(), Status(400)),
        (
            "space before the colon of CL",
            raw(&text.replace("Content-Length:", "Content-Length :")),
            Status(400),
        ),
        // transfer codings
        ("TE chunked", chunked(&whole), OneCall),
        (
            "TE xchunked",
            post().without("Content-Length").add("Transfer-Encoding", "xchunked").bytes(),
            Status(400),
        ),
        ("TE identity", post().add("Transfer-Encoding", "identity").bytes(), Status(400)),
        (
            "TE gzip, chunked",
            post().without("Content-Length").add("Transfer-Encoding", "gzip, chunked").bytes(),
            Closed(400),
        ),
        (
            "TE chunked, gzip",
            post().without("Content-Length").add("Transfer-Encoding", "chunked, gzip").bytes(),
            Status(400),
        ),
        (
            "TE twice",
            {
                let head = Ask::post(server, "")
                    .without("Content-Length")
                    .add("Transfer-Encoding", "chunked")
                    .add("Transfer-Encoding", "chunked");
                [head.bytes(), raw(&whole)].concat()
            },
            Status(400),
        ),
        (
            "TE with a tab",
            {
                let head =
                    Ask::post(server, "").without("Content-Length").add("Transfer-Encoding", "\tchunked");
                [head.bytes(), raw(&whole)].concat()
            },
            OneCall,
        ),
        (
            "TE in HTTP/1.0",
            raw(&String::from_utf8(chunked(&whole)).unwrap().replacen("HTTP/1.1", "HTTP/1.0", 1)),
            Closed(400),
        ),
        (
            "TE obs-folded",
            raw(&String::from_utf8(chunked(&whole))
                .unwrap()
                .replace("Transfer-Encoding: ", "Transfer-Encoding:\r\n ")),
            Status(400),
        ),
        // chunks
        ("chunk size no number", chunked("zz\r\nx\r\n0\r\n\r\n"), Status(400)),
        ("chunk size with a sign", chunked(&format!("+{whole}")), Status(400)),
        ("chunk size with 0x", chunked(&format!("0x{whole}")), Status(400)),
        ("chunk size beyond 64 bits", chunked("ffffffffffffffffff\r\nx\r\n"), Status(400)),
        (
            "chunk extension with a lone LF",
            chunked(&format!("{size};a=b\n{HELLO}\r\n0\r\n\r\n")),
            Status(400),
        ),
        ("chunk longer than its size", chunked(&format!("3\r\n{HELLO}\r\n0\r\n\r\n")), Status(400)),
        ("chunks end with a lone LF", chunked(&format!("{size}\n{HELLO}\n0\n\n")), Status(400)),
        (
            "chunked trailers",
            chunked(&format!("{size}\r\n{HELLO}\r\n0\r\nAuthorization: Bearer x\r\n\r\n")),
            OneCall,
        ),
        // header lines
        ("NUL in a value", post().add("X-Odd", "a\0b").bytes(), Status(400)),
        ("CR in a value", post().add("X-Odd", "a\rb").bytes(), Status(400)),
        ("obs-fold", post().add("X-Odd", "a\r\n folded").bytes(), Status(400)),
        ("space in a name", post().add("X Odd", "a").bytes(), Status(400)),
        ("no name", post().add("", "a").bytes(), Status(400)),
        ("a line without a colon", raw(&text.replacen("\r\n", "\r\nnonsense\r\n", 1)), Status(400)),
        ("bytes beyond ASCII in a name", post().add("X-\u{f6}dd", "a").bytes(), Status(400)),
        ("a space before the first line", raw(&text.replacen("\r\n", "\r\n X: y\r\n", 1)), Status(400)),
        ("Host twice", post().add("Host", "localhost").bytes(), Status(400)),
        ("Content-Type twice", post().add("Content-Type", "application/json").bytes(), Status(400)),
        ("Authorization twice", post().add("Authorization", "Bearer x").bytes(), Status(400)),
        (
            "Origin twice",
            post().add("Origin", "http://localhost").add("Origin", "http://localhost").bytes(),
            Status(400),
        ),
        // the first line
        ("two spaces", raw(&text.replacen("POST /mcp", "POST  /mcp", 1)), Status(400)),
        ("a tab", raw(&text.replacen("POST /mcp", "POST\t/mcp", 1)), Status(400)),
        ("no version", raw("POST /mcp\r\n\r\n"), Status(400)),
        ("HTTP/0.9", raw("GET /health\r\n\r\n"), Status(400)),
        ("HTTP/1.2", raw(&text.replacen("HTTP/1.1", "HTTP/1.2", 1)), Status(400)),
        ("HTTP/2.0", raw(&text.replacen("HTTP/1.1", "HTTP/2.0", 1)), Status(400)),
        ("lower case http", raw(&text.replacen("HTTP/1.1", "http/1.1", 1)), Status(400)),
        ("a control in the target", post().target("/mcp\u{1}").bytes(), Status(400)),
        ("CONNECT", post().method("CONNECT").target("localhost:80").bytes(), Status(400)),
        // another protocol
        (
            "TLS ClientHello",
            [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[7; 600]].concat(),
            Closed(400),
        ),
        ("HTTP/2 preface", raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Closed(400)),
        ("SSH", raw("SSH-2.0-OpenSSH_9.8\r\n"), Closed(400)),
        (
            "Upgrade: h2c",
            post()
                .set("Connection", "Upgrade, HTTP2-Settings, close")
                .add("Upgrade", "h2c")
                .add("HTTP2-Settings", "AAMAAABkAAQAAP__")
                .bytes(),
            OneCall,
        ),
    ]
}

#[test]
fn framing_is_never_a_matter_of_opinion() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    for (what, bytes, wanted) in rows(&server) {
        let calls = counted(&place, "tool_called");
        let refusals = counted(&place, "http_error");
        let said = server.raw(&bytes);
        let text = String::from_utf8_lossy(&said).into_owned();
        let all = replies(&said);
        let status = all.first().map_or(0, |reply| reply.status);
        let (called, refused) = match wanted {
            Status(wanted) => {
                assert_eq!(status, wanted, "{what}: {text}");
                (0, 1)
            }
            Closed(wanted) => {
                assert!(status == 0 || status == wanted, "{what}: {text}");
                (0, 1)
            }
            OneCallThenClosed => {
                assert_eq!(all[0].header("connection"), Some("close"), "{what}: {text}");
                (1, 0)
            }
            OneCall => (1, 0),
        };
        if called == 1 {
            assert!(status == 200 && text.contains("Hello, World!"), "{what}: {text}");
        } else {
            assert!(!text.contains("Hello"), "{what}: {text}");
        }
        assert!(all.len() <= 1, "{what}: {text}");
        eventually(&format!("an event for {what}"), || {
            counted(&place, "tool_called") == calls + called
                && counted(&place, "http_error") == refusals + refused
        });
    }
}

#[test]
fn line_ends_and_case_are_read_as_everybody_reads_them() {
    let place = Place::new();
    let server = place.http(&[]);
    let text = String::from_utf8(Ask::post(&server, HELLO).bytes()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    for bytes in [
        format!("{}\n\n{body}", head.replace("\r\n", "\n")),
        format!("\r\n\r\n{text}"),
        format!(
            "{}\r\n\r\n{body}",
            head.to_lowercase().replacen("post /mcp http/1.1", "POST /mcp HTTP/1.1", 1)
        ),
        text.replacen("HTTP/1.1", "HTTP/1.0", 1),
    ]
    .map(|text| text.replace("bearer tests", "Bearer tests"))
    {
        let said = server.raw(&bytes);
        let reply = Reply::parse(&said);
        // Lower case changes the key, which is another key then.
        let status = if bytes.contains("authorization: ") { [200, 401] } else { [200, 200] };
        assert!(status.contains(&reply.status), "{bytes:?}: {reply:?}");
    }
}

#[test]
fn headers_have_a_bound_in_number_and_size() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let many =
        |count: usize| (0..count).fold(Ask::post(&server, HELLO), |ask, n| ask.add(&format!("X-{n}"), "x"));
    let long = |bytes: usize| Ask::post(&server, HELLO).add("X-Long", "x".repeat(bytes));
    let rows = [
        ("90 lines", many(90), 200),
        ("101 lines", many(101), 431),
        ("1,000 lines", many(1_000), 431),
        ("8 KiB", long(8 << 10), 200),
        ("60 KiB", long(60 << 10), 200),
        ("64 KiB", long(64 << 10), 431),
        ("512 KiB", long(512 << 10), 431),
        ("8 MiB", long(8 << 20), 431),
        ("a URI of 8 KiB", Ask::post(&server, HELLO).target(&format!("/{}", "x".repeat(8 << 10))), 404),
        ("a URI of 70 KB", Ask::post(&server, HELLO).target(&format!("/{}", "x".repeat(70_000))), 414),
        ("a method of 70 KB", Ask::post(&server, HELLO).method(&"X".repeat(70_000)), 431),
    ];
    let resident = || server.get("/health").json()["memoryBytes"].as_u64().unwrap();
    let before = resident();
    for _ in 0..3 {
        for (what, ask, status) in &rows {
            let reply = ask.send(&server);
            assert!(
                reply.status == *status || (*status >= 414 && matches!(reply.status, 0 | 400 | 414 | 431)),
                "{what}: {reply:?}"
            );
        }
    }
    let after = resident();
    assert!(after < before + (4 << 20), "{before} bytes became {after}");
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read_and_cut_where_it_has_no_length() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let begun = Instant::now();
    for length in [5_000_000_000_u64, (1 << 20) + 1] {
        let mut stream = server.connect();
        stream.write_all(&Ask::post(&server, "").set("Content-Length", length).bytes()).unwrap();
        let reply = Reply::parse(&read_to_end(&mut stream));
        assert_eq!(reply.json()["error"]["data"]["error"], "message_too_large");
        reply.is(413);
    }
    let endless = Ask::post(&server, "").without("Content-Length").add("Transfer-Encoding", "chunked");
    let mut stream = server.connect();
    stream.write_all(&endless.bytes()).unwrap();
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut sent = 0;
    while sent < 1_000 && stream.write_all(piece.as_bytes()).is_ok() {
        sent += 1;
    }
    assert!(sent < 1_000, "64 MB of an endless body were taken");
    // What fits is read to its last byte.
    let padded = format!("{HELLO}{}", " ".repeat((1 << 20) - HELLO.len()));
    Ask::post(&server, padded.as_str()).send(&server).is(200);
    Ask::post(&server, padded.as_str()).chunked().send(&server).is(200);
    Ask::post(&server, format!("{padded} ")).chunked().send(&server).is(413);
    Ask::post(&server, format!("{padded} ")).send(&server).is(413);
    assert!(begun.elapsed() < Duration::from_secs(30));
    let small = HttpServer::start(&place, &[], &[("MCP_SERVER_HTTP_BODY", "2KiB")]);
    Ask::post(&small, format!("{HELLO}{}", " ".repeat(2_048))).send(&small).is(413);
    Ask::post(&small, HELLO).send(&small).is(200);
}

#[test]
fn a_body_is_asked_for_only_where_it_will_be_read() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let expecting = || Ask::post(&server, HELLO).add("Expect", "100-continue");
    for (ask, status) in [
        (expecting().without("Authorization"), 401),
        (expecting().set("Origin", "https://evil.example"), 403),
        (expecting().set("Content-Length", 5_000_000_000_u64), 413),
        (expecting().set("Content-Type", "text/plain"), 415),
        (expecting().target("/x"), 404),
    ] {
        let head = ask.bytes();
        let head = &head[..head.len() - HELLO.len()];
        let mut stream = server.connect();
        stream.write_all(head).unwrap();
        let (took, said) = until_closed(&mut stream, Duration::from_secs(5));
        let all = replies(&said);
        assert_eq!(all.iter().map(|reply| reply.status).collect::<Vec<_>>(), [status]);
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    let bytes = expecting().bytes();
    let (head, body) = bytes.split_at(bytes.len() - HELLO.len());
    let mut stream = server.connect();
    stream.write_all(head).unwrap();
    crate::wire::read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body).unwrap();
    Reply::parse(&read_to_end(&mut stream)).is(200).answer().says("Hello, World!");
}
