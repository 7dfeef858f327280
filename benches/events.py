#!/usr/bin/env python3
"""What reading a log of a million events costs.

    benches/events.py [--events N] [--rounds N] [--keep DIR]

Makes the log by calling real servers (needs wrk), two at a time, three times;
one call of a hundred ends with the code path_leaves_root. Then measures, in
turn, over several rounds: finding that code beside ripgrep, counting beside
listing everything, verifying beside sha256sum where the program can verify,
the newest ten events, and the most memory each takes, here and for a tenth of
the log. Prints the medians as the tables that benches/README.md holds, and exits
with 1 if a target is missed. With --keep, the log is made in DIR once and
used again.
"""

import argparse
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SERVER = BUILD / "release" / "mcp-server"
CODE = "path_leaves_root"
CONNECTIONS = 16


def die(why):
    sys.exit(f"error: {why}")


class Server:
    """`serve --http` in a home of its own."""

    def __init__(self, home, events, **more):
        (home / "root" / "notes").mkdir(parents=True, exist_ok=True)
        for at in range(100):
            (home / "root" / "notes" / f"{at:02}.md").write_text("# A note\n\nof some lines\n" * 20)
        self.key = secrets.token_urlsafe(32)
        limits = {f"MCP_SERVER_LIMITS_{name}": "1000000000/min" for name in ("ADDRESS", "KEY", "TOOL", "REPEAT")}
        self.env = environment(home, events) | limits | more | {"API_KEY": self.key}
        command = [SERVER, "serve", "--http=127.0.0.1:0", "--root", f"notes={home / 'root'}"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stderr=pipe, text=True)
        self.url = None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+/mcp", line):
                self.url = found[0]
                break
        if not self.url:
            die("the server did not start")

    def load(self, seconds):
        """Calls it, and gives a process that prints `RESULT rate requests bad`."""
        script = ROOT / "benches" / "events.lua"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "-s", script, self.url]
        return subprocess.Popen(command, env=os.environ | {"KEY": self.key}, stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stderr.read()
        self.process.wait(timeout=30)


def environment(home, events):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MCP_SERVER_EVENTS_DIR": str(events),
        "MCP_SERVER_EVENTS_MAX_BYTES": "4GiB",
    }


def result(load):
    rate, requests, bad = re.search(r"RESULT (\d+) (\d+) (\d+)", load.communicate()[0]).groups()
    if int(bad):
        die(f"{bad} of {requests} answers were no 200")
    return int(rate), int(requests)


def make_log(home, events, wanted):
    """Three pairs of servers, one pair after the other."""
    made = 0
    for pair in range(1, 4):
        servers = [Server(home / f"{pair}{which}", events) for which in "ab"]
        while made < wanted * pair / 3:
            for load in [server.load(1) for server in servers]:
                made += result(load)[1]
        for server in servers:
            server.stop()
        print(f"{made} calls", file=sys.stderr)


def run(command, env):
    """Seconds, most memory in MB, what stdout was, and the exit code."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines, last = 0, b""
    while block := process.stdout.read1(1 << 20):
        lines += block.count(b"\n")
        last = (last + block)[-200:]
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return elapsed, usage.ru_maxrss / 1024, lines, process.returncode


def files(events):
    return sorted(path for path in events.iterdir() if ".jsonl" in path.name)


def can_verify(env):
    return subprocess.run([SERVER, "events", "verify", "--help"], env=env, capture_output=True).returncode == 0


def read_log(home, events, small, rounds):
    env, few = environment(home, events), environment(home, small)
    ours = lambda *words: [str(SERVER), "events", *words]
    commands = {
        "rg": ["rg", "-n", f'"code":"{CODE}"', *files(events)],
        "list --code": ours("list", "--json", "--code", CODE),
        "list": ours("list"),
        "list --json": ours("list", "--json"),
        "stats": ours("stats", "--by", "code"),
        "stats --by hour": ours("stats", "--by", "hour"),
        "tail": ours("tail", "-n", "10"),
        "sha256sum": ["sha256sum", *files(events)],
    }
    if can_verify(env):
        commands["verify"] = ours("verify")
    seen = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            elapsed, memory, lines, code = run(command, env)
            if code:
                die(f"{name} exits with {code}")
            seen[name].append((elapsed, memory, lines))
    memory_of_few = {
        name: run(command, few)[1] for name, command in commands.items() if command[0] == str(SERVER)
    }
    for name in ("rg", "list --code"):
        if seen[name][0][2] != seen["rg"][0][2]:
            die(f"{name} found {seen[name][0][2]} lines, rg {seen['rg'][0][2]}")
    return seen, memory_of_few


def median(seen, name, column=0):
    return statistics.median(row[column] for row in seen[name])


def ratio(seen, name, other):
    """Of runs that stood beside each other."""
    return statistics.median(a[0] / b[0] for a, b in zip(seen[name], seen[other]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--keep", type=Path)
    asked = arguments.parse_args()
    for program in ("wrk", "rg"):
        if not shutil.which(program):
            die(f"{program} is missing")
    subprocess.run(["cargo", "build", "--quiet", "--release", "--bin", "mcp-server"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        home = Path(scratch)
        events = asked.keep or home / "events"
        if not events.is_dir():
            make_log(home, events, asked.events)
        small = home / "small"
        small.mkdir(mode=0o700)
        for path in itertools.islice(files(events), max(1, len(files(events)) // 10)):
            shutil.copy2(path, small)
        return report(home, events, small, asked)


def report(home, events, small, asked):
    seen, memory_of_few = read_log(home, events, small, asked.rounds)
    size = sum(path.stat().st_size for path in files(events))
    counted = json.loads(
        subprocess.run(
            [SERVER, "events", "stats", "--json", "--by", "code"],
            env=environment(home, events),
            capture_output=True,
            check=True,
        ).stdout
    )
    cpu = re.search(r"model name.*: (.*)", Path("/proc/cpuinfo").read_text())
    cpu = cpu[1] if cpu else "unknown"
    share = next(row["count"] for row in counted["rows"] if row["key"] == CODE) / counted["events"]
    print(
        f"{time.strftime('%F', time.gmtime())}, {os.cpu_count()} cores, {cpu}; {counted['events']} events, "
        f"{size / 1e6:.0f} MB, {len(files(events))} files, {share:.1%} {CODE}; medians of {asked.rounds} rounds\n"
    )
    rows = [
        ("`events list --code X`", "list --code", "rg", 3.0),
        ("`events stats --by code`", "stats", "list", None),
        ("`events stats --by hour`", "stats --by hour", "list", None),
        ("`events list --json`", "list --json", "list", None),
        ("`events tail -n 10`", "tail", None, None),
    ]
    if "verify" in seen:
        rows.insert(1, ("`events verify`", "verify", "sha256sum", 2.0))
    missed = []
    print("| | time | beside | its time | ratio | memory | memory, a tenth of the log |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for label, name, other, most in rows:
        line = f"| {label} | {median(seen, name):.3f} s "
        if other:
            part = ratio(seen, name, other)
            mark = "**" if most else ""
            shown = f"`events {other}`" if other == "list" else f"`{other}`"
            line += f"| {shown} | {median(seen, other):.3f} s | {mark}{part:.2f}{mark} "
            if most and part > most:
                missed.append(label)
        else:
            line += "| | | "
        print(line + f"| {median(seen, name, 1):.0f} MB | {memory_of_few[name]:.0f} MB |")
    if median(seen, "stats") > median(seen, "list") + 1.5:
        missed.append("stats")
    for label in missed:
        print(f"missed: {label}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
