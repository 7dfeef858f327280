#!/usr/bin/env python3
"""How soon an event is seen by who follows the log.

    benches/follow.py [CALLS]       default 300

Calls a server on stdio, one call after the other, while `events tail -f` reads
its directory and a stream of `/security/events` comes from a second server on
the same directory. Measures from the moment a call is sent until both have the
line of its event, and how long the answer itself took. A small
`events.max_bytes` makes the log begin a new part now and then, so that
files come and go meanwhile. Prints the table that benches/README.md holds, and
exits with 1 if an event came later than 100 ms.
"""

import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "mcp-server"
CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
BOUND_MS = 100
PAUSE = 0.02
PATIENCE = 10
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
}


class Reader(threading.Thread):
    """Notes when the line of each tool name came."""

    def __init__(self, lines):
        super().__init__(daemon=True)
        self.lines, self.came, self.news = lines, {}, threading.Condition()
        self.start()

    def run(self):
        for line in self.lines:
            now = time.perf_counter()
            if found := re.search(rb'"tool":"(call_\d+)"', line):
                with self.news:
                    self.came.setdefault(found[1].decode(), now)
                    self.news.notify_all()

    def wait(self, tool):
        with self.news:
            assert self.news.wait_for(lambda: tool in self.came, PATIENCE), f"the event of {tool} did not come"
            return self.came[tool]


def follow_http(env, key):
    command = [SERVER, "serve", "--http=127.0.0.1:0"]
    server = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    address = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    request = urllib.request.Request(f"{address}/security/events", headers=headers)
    return server, urllib.request.urlopen(request, timeout=PATIENCE)


def measure(env, key):
    pipe = subprocess.PIPE
    http, stream = follow_http(env, key)
    tail = subprocess.Popen([SERVER, "events", "tail", "-f", "-n", "0", "--json"], env=env, stdout=pipe)
    server = subprocess.Popen([SERVER, "serve"], env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    readers = {"`events tail -f`": Reader(tail.stdout), "`/security/events`": Reader(stream)}
    seen = {"the answer": [], **{name: [] for name in readers}}
    for at in range(-5, CALLS):  # the first five are for warming up
        # a tool that is not offered: its event is written like any other, and names it
        tool = f"call_{at + 5}"
        params = {"name": tool, "arguments": {}, "_meta": META}
        call = {"jsonrpc": "2.0", "id": at + 5, "method": "tools/call", "params": params}
        sent = time.perf_counter()
        server.stdin.write(json.dumps(call).encode() + b"\n")
        server.stdin.flush()
        server.stdout.readline()
        times = {"the answer": time.perf_counter() - sent}
        times |= {name: reader.wait(tool) - sent for name, reader in readers.items()}
        for name, took in times.items() if at >= 0 else ():
            seen[name].append(took * 1000)
        time.sleep(PAUSE)
    for process in (tail, server, http):
        process.terminate()
        process.wait(PATIENCE)
    return seen


def main():
    subprocess.run(["cargo", "build", "--quiet", "--release", "--bin", "mcp-server"], cwd=ROOT, check=True)
    key = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory() as home:
        events = Path(home) / "events"
        limits = {f"MCP_SERVER_LIMITS_{name}": "1000000000/min" for name in ("ADDRESS", "KEY", "TOOL", "REPEAT")}
        env = {"PATH": os.environ["PATH"], "HOME": home, "API_KEY": key, "MCP_SERVER_EVENTS_DIR": str(events)}
        seen = measure(env | limits | {"MCP_SERVER_EVENTS_MAX_BYTES": "512KiB"}, key)
        parts = len([path for path in events.iterdir() if ".jsonl" in path.name])
    print(f"{CALLS} calls, {parts} files of the log\n")
    print("| | median | p99 | slowest |\n| --- | ---: | ---: | ---: |")
    for name, times in seen.items():
        times.sort()
        median, p99 = statistics.median(times), times[len(times) * 99 // 100]
        print(f"| {name} | {median:.1f} ms | {p99:.1f} ms | {times[-1]:.1f} ms |")
    return any(max(times) > BOUND_MS for times in seen.values())


if __name__ == "__main__":
    sys.exit(main())
