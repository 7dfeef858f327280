#!/usr/bin/env python3
"""What a start on stdio costs, beside bare rmcp.

    benches/stdio.py [STARTS]       default 20

Measures, over that many starts of each in turn: from start to the first
answer, a round trip of tools/list, and resident memory after both. Prints the
medians as the table that benches/README.md holds, and exits with 1 if a
target is missed: first answer within 5 ms of bare rmcp, less than 12 MB.
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
BUILD = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
STARTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
ROUND_TRIPS = 20
FIRST_ANSWER_MS, MEMORY_MB = 5, 12

COMMANDS = {
    "ours": [BUILD / "mcp-server", "serve"],
    "bare": [BUILD / "examples" / "bare", "--stdio"],
}

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1.0.0"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def send(server, message):
    server.stdin.write(json.dumps(message).encode() + b"\n")
    server.stdin.flush()


def ask(server, message):
    """Milliseconds until the answer, which must be a result."""
    started = time.perf_counter()
    send(server, message)
    answer = json.loads(server.stdout.readline())
    elapsed = time.perf_counter() - started
    assert answer["id"] == message["id"] and "result" in answer, answer
    return elapsed * 1000


def resident_mb(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def one_start(command, env):
    started = time.perf_counter()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env) as server:
        ask(server, INITIALIZE)
        first = (time.perf_counter() - started) * 1000
        send(server, INITIALIZED)
        trips = [ask(server, {"jsonrpc": "2.0", "id": n, "method": "tools/list"}) for n in range(1, ROUND_TRIPS + 1)]
        memory = resident_mb(server.pid)
        server.stdin.close()
        code = server.wait(timeout=5)
    assert code == 0, f"{command}: exit code {code}"
    return first, statistics.median(trips), memory


def main():
    for what in (["--bin", "mcp-server"], ["--example", "bare"]):
        subprocess.run(["cargo", "build", "--quiet", "--release", *what], cwd=ROOT, check=True)
    rows = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home}
        for _ in range(STARTS):
            for name, command in COMMANDS.items():
                rows[name].append(one_start(command, env))

    print(f"{time.strftime('%F', time.gmtime())}, {os.cpu_count()} cores, medians of {STARTS} starts\n")
    print("| | first answer | tools/list | resident memory |")
    print("| --- | ---: | ---: | ---: |")
    medians = {}
    for name, seen in rows.items():
        first, trip, memory = medians[name] = [statistics.median(column) for column in zip(*seen)]
        print(f"| {name} | {first:.1f} ms | {trip:.3f} ms | {memory:.1f} MB |")
    is_prompt = medians["ours"][0] - medians["bare"][0] <= FIRST_ANSWER_MS
    is_small = max(memory for _, _, memory in rows["ours"]) < MEMORY_MB
    return 0 if is_prompt and is_small else 1


sys.exit(main())
