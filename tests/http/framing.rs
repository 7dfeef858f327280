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

/// A name, what is sent, what must come of it.
type Row = (&'static str, Vec<u8>, Wanted);

fn post(server: &HttpServer) -> Ask {
    Ask::post(server, HELLO)
}

/// Without a length, so that a row says by itself how its body is framed.
fn framed(server: &HttpServer) -> Ask {
    post(server).without("Content-Length")
}

fn two_lengths(server: &HttpServer) -> Vec<Row> {
    let post = || post(server);
    let length = |text: &str| post().set("Content-Length", text).bytes();
    let size = HELLO.len();
    let te = |ask: Ask| ask.add("Transfer-Encoding", "chunked");
    // Two lengths, and another request behind what the longer one says.
    let both = |ask: Ask| [ask.keep_alive().bytes(), post().bytes()].concat();
    let chunks = format!("{size:x}\r\n{HELLO}\r\n0\r\n\r\n");
    vec![
        ("CL and TE, the body by CL", te(post().keep_alive()).bytes(), Closed(400)),
        (
            "CL and TE, the body by TE",
            both(te(post().set("Content-Length", 4)).body(chunks.as_str())),
            OneCallThenClosed,
        ),
        (
            "TE and CL, the body by TE",
            both(te(framed(server)).add("Content-Length", 4).body(chunks)),
            OneCallThenClosed,
        ),
        ("two equal CL", post().add("Content-Length", size).bytes(), OneCall),
        ("two different CL", post().add("Content-Length", 3).bytes(), Status(400)),
        ("CL as a list", length(&format!("{size}, {size}")), Status(400)),
        ("CL with a sign", length(&format!("+{size}")), Status(400)),
        ("CL negative", length("-1"), Status(400)),
        ("CL in hex", length(&format!("0x{size:x}")), Status(400)),
        ("CL empty", length(""), Status(400)),
        ("CL beyond 64 bits", length("18446744073709551616"), Status(400)),
        ("CL with a space inside", length("1 2"), Status(400)),
        ("a space before its colon", post().bytes_with("Length:", "Length :"), Status(400)),
    ]
}

fn codings(server: &HttpServer) -> Vec<Row> {
    let whole = || post(server).chunked();
    let coding = |text: &str| framed(server).add("Transfer-Encoding", text).bytes();
    vec![
        ("TE chunked", whole().bytes(), OneCall),
        ("TE xchunked", coding("xchunked"), Status(400)),
        ("TE identity beside CL", post(server).add("Transfer-Encoding", "identity").bytes(), Status(400)),
        ("TE gzip, chunked", coding("gzip, chunked"), Closed(400)),
        ("TE chunked, gzip", coding("chunked, gzip"), Status(400)),
        ("TE twice", whole().add("Transfer-Encoding", "chunked").bytes(), Status(400)),
        ("TE after a tab", whole().set("Transfer-Encoding", "\tchunked").bytes(), OneCall),
        ("TE in HTTP/1.0", whole().bytes_with("HTTP/1.1", "HTTP/1.0"), Closed(400)),
        ("TE on a folded line", whole().bytes_with("Encoding: ", "Encoding:\r\n "), Status(400)),
    ]
}

fn chunks(server: &HttpServer) -> Vec<Row> {
    let chunks = |text: &str| framed(server).add("Transfer-Encoding", "chunked").body(text).bytes();
    let size = format!("{:x}", HELLO.len());
    let whole = format!("{size}\r\n{HELLO}\r\n0\r\n");
    vec![
        ("a size that is no number", chunks("zz\r\nx\r\n0\r\n\r\n"), Status(400)),
        ("a size with a sign", chunks(&format!("+{whole}\r\n")), Status(400)),
        ("a size with 0x", chunks(&format!("0x{whole}\r\n")), Status(400)),
        ("a size beyond 64 bits", chunks("ffffffffffffffffff\r\nx\r\n"), Status(400)),
        ("a lone LF after an extension", chunks(&format!("{size};a=b\n{HELLO}\r\n0\r\n\r\n")), Status(400)),
        ("more than its size", chunks(&format!("3\r\n{HELLO}\r\n0\r\n\r\n")), Status(400)),
        ("lone LFs", chunks(&format!("{size}\n{HELLO}\n0\n\n")), Status(400)),
        (
            "a trailer that would authorize",
            chunks(&format!("{whole}Authorization: Bearer x\r\n\r\n")),
            OneCall,
        ),
    ]
}

fn lines(server: &HttpServer) -> Vec<Row> {
    let post = || post(server);
    let with = |name: &str, value: &str| post().add(name, value).bytes();
    vec![
        ("NUL in a value", with("X-Odd", "a\0b"), Status(400)),
        ("CR in a value", with("X-Odd", "a\rb"), Status(400)),
        ("a folded line", with("X-Odd", "a\r\n folded"), Status(400)),
        ("a space in a name", with("X Odd", "a"), Status(400)),
        ("no name", with("", "a"), Status(400)),
        ("a name beyond ASCII", with("X-\u{f6}dd", "a"), Status(400)),
        ("no colon", post().bytes_with("\r\n", "\r\nnonsense\r\n"), Status(400)),
        ("a space before the first line", post().bytes_with("\r\n", "\r\n X: y\r\n"), Status(400)),
        ("Host twice", with("Host", "localhost"), Status(400)),
        ("Content-Type twice", with("Content-Type", "application/json"), Status(400)),
        ("Authorization twice", with("Authorization", "Bearer x"), Status(400)),
        (
            "Origin twice",
            post().add("Origin", "http://localhost").add("Origin", "http://localhost").bytes(),
            Status(400),
        ),
    ]
}

fn first_lines(server: &HttpServer) -> Vec<Row> {
    let post = || post(server);
    let version = |text: &str| post().bytes_with("HTTP/1.1", text);
    vec![
        ("two spaces", post().bytes_with("POST /mcp", "POST  /mcp"), Status(400)),
        ("a tab", post().bytes_with("POST /mcp", "POST\t/mcp"), Status(400)),
        ("no version", b"POST /mcp\r\n\r\n".to_vec(), Status(400)),
        ("HTTP/0.9", b"GET /health\r\n\r\n".to_vec(), Status(400)),
        ("HTTP/1.2", version("HTTP/1.2"), Status(400)),
        ("HTTP/2.0", version("HTTP/2.0"), Status(400)),
        ("http in lower case", version("http/1.1"), Status(400)),
        ("a control in the target", post().target("/mcp\u{1}").bytes(), Status(400)),
        ("CONNECT", post().method("CONNECT").target("localhost:80").bytes(), Status(400)),
    ]
}

fn other_protocols(server: &HttpServer) -> Vec<Row> {
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let upgrade = post(server).set("Connection", "Upgrade, HTTP2-Settings, close");
    vec![
        ("a TLS ClientHello", [&hello[..], &[7; 600]].concat(), Closed(400)),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Closed(400)),
        ("SSH", b"SSH-2.0-OpenSSH_9.8\r\n".to_vec(), Closed(400)),
        (
            "an upgrade to HTTP/2",
            upgrade.add("Upgrade", "h2c").add("HTTP2-Settings", "AAMAAABkAAQAAP__").bytes(),
            OneCall,
        ),
    ]
}

#[test]
fn framing_is_never_a_matter_of_opinion() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let rows = [two_lengths, codings, chunks, lines, first_lines, other_protocols].map(|rows| rows(&server));
    for (what, bytes, wanted) in rows.into_iter().flatten() {
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
