#!/usr/bin/env python3
"""What it costs to have each event on the disk before its call is answered.

    benches/durability.py [ROUNDS] [DIR]      default 5, and the build directory

Calls hello_world on stdio, one after the other and 64 at a time, with
`events.durability` "kernel" and "disk" in turn, the log in DIR. Prints the
medians as the table that benches/README.md holds. DIR has to be on the disk
that is asked about: on a tmpfs both are the same.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
DIR = Path(sys.argv[2]) if len(sys.argv) > 2 else BUILD
SECONDS = 2
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def call(number):
    params = {"name": "hello_world", "arguments": {}, "_meta": META}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode() + b"\n"


def rate(durability, at_a_time):
    """Calls a second."""
    with tempfile.TemporaryDirectory(dir=DIR) as home:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "MCP_SERVER_EVENTS_DIR": f"{home}/events",
            "MCP_SERVER_EVENTS_DURABILITY": durability,
            "MCP_SERVER_LIMITS_ENABLED": "false",
        }
        server = subprocess.Popen(
            [BUILD / "release" / "mcp-server", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        sent = done = 0
        started = time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            server.stdin.write(b"".join(call(sent + at) for at in range(at_a_time)))
            server.stdin.flush()
            sent += at_a_time
            while done < sent:
                answer = json.loads(server.stdout.readline())
                assert "result" in answer and not answer["result"].get("isError"), answer
                done += 1
        elapsed = time.perf_counter() - started
        server.stdin.close()
        assert server.wait() == 0
        lines = sum(path.read_bytes().count(b'"tool_called"') for path in Path(home, "events").iterdir())
        assert lines == done, (lines, done)
        return done / elapsed


print("| calls | kernel | disk | kernel / disk |\n| --- | ---: | ---: | ---: |")
for name, at_a_time in (("one after the other", 1), ("64 at a time", 64)):
    rounds = [(rate("kernel", at_a_time), rate("disk", at_a_time)) for _ in range(ROUNDS)]
    kernel, disk = (statistics.median(column) for column in zip(*rounds))
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"| {name} | {kernel:.0f} | {disk:.0f} | **{ratio:.1f}** |")
