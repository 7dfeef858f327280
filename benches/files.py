#!/usr/bin/env python3
"""The file tools beside the reference server and ripgrep; started by files.sh.

    benches/files.py SERVER PLACE ROUNDS

PLACE holds the trees that are made here, and the reference server in
node_modules. Both servers are started once, on stdio, and asked in turn;
ripgrep is a whole command each time. What is found is compared before
anything is measured. Prints the medians as the table that benches/README.md
holds, and exits with 1 if a target is missed.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER, PLACE, ROUNDS = sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3])
REFERENCE = PLACE / "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"
FILES, FILES_A_DIRECTORY, TREE_ENTRIES, MEMORY_MB_MAX = 50_000, 25, 10_000, 64
NEEDLE = "zanzibar_quokka"
UNLIMITED = {f"MCP_SERVER_LIMITS_{of}": "1000000000/min" for of in ("ADDRESS", "KEY", "TOOL", "REPEAT")}


def words(chance, count):
    return " ".join(chance.choice(WORDS) for _ in range(count))


WORDS = [
    "".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=random.Random(n).randint(2, 10)))
    for n in range(5_000)
]


def text(chance, size):
    lines, length = [], 0
    while length < size:
        line = words(chance, chance.randint(3, 14))
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines) + "\n"


def make(name, build):
    """A tree that is made once: under another name until it is whole."""
    tree, unfinished = PLACE / name, PLACE / f"{name}.unfinished"
    if not tree.exists():
        print(f"making {tree}", file=sys.stderr)
        subprocess.run(["rm", "-rf", unfinished], check=True)
        unfinished.mkdir()
        build(unfinished)
        unfinished.rename(tree)
    return tree


def many(tree):
    """50,000 files of source code and prose, 25 in a directory, a few of them ignored."""
    chance = random.Random(1)
    # a repository of its own: what is ignored around it is not ignored in it
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("*.log\n/build/\n")
    endings = ["rs", "md", "txt", "json", "js", "py", "toml", "log"]
    for number in range(FILES - 1):
        directory = number // FILES_A_DIRECTORY
        path = tree / f"part{directory // 200:02}" / f"group{directory // 10 % 20:02}" / f"set{directory % 10}"
        path.mkdir(parents=True, exist_ok=True)
        body = text(chance, int(min(chance.expovariate(1 / 3_000), 60_000)))
        if number % 1_000 == 9:
            body += f"{NEEDLE} {number}\n"
        (path / f"{chance.choice(WORDS)}{number}.{endings[number % len(endings)]}").write_text(body)


def large(tree):
    """1 GB: eight files of 64 MB, and 512 of 1 MB."""
    part = text(random.Random(2), 1 << 20)[: 1 << 20]
    for number in range(512):
        (tree / f"small{number:03}.txt").write_text(part)
    for number in range(8):
        with (tree / f"large{number}.txt").open("w") as file:
            for _ in range(64):
                file.write(part)


def single(tree):
    chance = random.Random(3)
    (tree / "small.txt").write_text(text(chance, 200)[:99] + "\n")
    (tree / "megabyte.txt").write_text(text(chance, 1 << 20)[: 1 << 20])
    for number in range(TREE_ENTRIES // 100):
        directory = tree / "entries" / f"d{number:03}"
        directory.mkdir(parents=True)
        for file in range(99):
            (directory / f"f{file:02}.txt").write_text("x\n")


class Server:
    """One that speaks on stdio."""

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        self.count = 0
        self.ask(
            "initialize",
            protocolVersion="2025-06-18",
            capabilities={},
            clientInfo={"name": "bench", "version": "1.0.0"},
        )
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        self.count += 1
        self.send({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params})
        while True:
            line = self.process.stdout.readline()
            # the answer itself is not decoded while time is measured
            if b'"method"' not in line[:200]:
                return line

    def call(self, tool, **args):
        return self.ask("tools/call", name=tool, arguments=args)

    def peak_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def said(line):
    result = json.loads(line)["result"]
    assert not result.get("isError"), result
    return result["content"][0]["text"]


def milliseconds(action):
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def ripgrep(*args):
    return lambda: subprocess.run(["rg", *map(str, args)], check=True, capture_output=True).stdout


def compare(what, ours, other, rounds=ROUNDS):
    """Medians in milliseconds, measured in turn; the first round warms up."""
    times = [(milliseconds(ours), milliseconds(other)) for _ in range(rounds + 1)][1:]
    mine, others = (statistics.median(column) for column in zip(*times))
    print(f"measured {what}: {mine:.2f} ms, {others:.2f} ms", file=sys.stderr)
    return mine, others


def main():
    trees = {name: make(name, build) for name, build in (("many", many), ("large", large), ("single", single))}
    scratch = tempfile.TemporaryDirectory(dir=PLACE)
    work = Path(scratch.name)
    (work / "ours.txt").write_bytes((trees["single"] / "megabyte.txt").read_bytes())
    (work / "reference.txt").write_bytes((trees["single"] / "megabyte.txt").read_bytes())
    roots = [*trees.values(), work]
    with tempfile.TemporaryDirectory(dir=PLACE) as home:
        state = {"HOME": home, "XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config"}
        ours = Server([SERVER, "serve", *(f"--root={root}:rw" for root in roots)], **state, **UNLIMITED)
        reference = Server(["node", REFERENCE, *roots])
        rows = measured(trees, work, ours, reference)
        ours.close()
        reference.close()
        memory = searched_memory(trees["large"], state)
    print("\n| | ours | beside | | ratio | target |\n| --- | ---: | ---: | --- | ---: | ---: |")
    failed = memory >= MEMORY_MB_MAX
    for what, (mine, other), beside, target in rows:
        ratio = mine / other
        missed = target is not None and ratio > target
        failed |= missed
        goal = "" if target is None else f"{target}{' **missed**' if missed else ''}"
        print(f"| {what} | {mine:.2f} ms | {other:.2f} ms | {beside} | **{ratio:.3g}** | {goal} |")
    print(f"\nsearching 1 GB: {memory:.1f} MB resident at most (target: under {MEMORY_MB_MAX})")
    sys.exit(failed)


def measured(trees, work, ours, reference):
    many, single = trees["many"], trees["single"]
    rows = []

    def row(what, mine, other, beside, target, rounds=ROUNDS):
        rows.append((what, compare(what, mine, other, rounds), beside, target))

    # a name that 125 files have, so that all are looked at and the answers are whole
    glob = "**/*06.toml"
    find = lambda: ours.call("search_files", path=str(many), pattern=glob, maxResults=10_000)
    other = lambda: reference.call("search_files", path=str(many), pattern=glob)
    listed = ripgrep("--files", "--no-messages", "-g", "*06.toml", many)
    names = [line.rsplit("/", 1)[1] for line in said(find()).split("\n")]
    assert sorted(names) == sorted(line.rsplit("/", 1)[1] for line in listed().decode().split("\n") if line)
    assert sorted(names) == sorted(line.rsplit("/", 1)[1] for line in said(other()).split("\n"))
    row("`search_files` in 50,000 files", find, listed, "`rg --files -g`", 2)
    row("the same", find, other, "reference", 1, rounds=3)

    find = lambda: ours.call("search_file_contents", path=str(many), query=NEEDLE)
    lines = ripgrep("-n", NEEDLE, many)
    count = sum(NEEDLE in line for line in said(find()).split("\n"))
    assert count == len(lines().splitlines()) > 20, count
    row("`search_file_contents` in 50,000 files", find, lines, "`rg -n`", 1.5)
    pattern = r"\b[q-z]anzi\w+_quok+a \d+$"
    find = lambda: ours.call("search_file_contents", path=str(many), query=pattern, isRegex=True)
    assert sum(NEEDLE in line for line in said(find()).split("\n")) == count
    row("the same with an expression", find, ripgrep("-n", pattern, many), "`rg -n`", 1.5)

    for what, name in (("100 bytes", "small.txt"), ("1 MB, what fits in an answer", "megabyte.txt")):
        path = str(single / name)
        mine = lambda: ours.call("read_text_file", path=path)
        row(f"`read_text_file`, {what}", mine, lambda: reference.call("read_text_file", path=path), "reference", 1)

    megabyte = str(single / "megabyte.txt")

    def whole():
        """The megabyte, part by part as the notes say."""
        got, at = [], {}
        while True:
            content = json.loads(ours.call("read_text_file", path=megabyte, **at))["result"]["content"]
            got.append(content[0]["text"])
            rest = [note["text"] for note in content[1:] if "`offset: " in note["text"]]
            if not rest:
                return "".join(got)
            wanted = rest[0].split("`")[1]
            at = {key: int(value) for key, value in (part.split(": ") for part in wanted.split(", "))}

    assert whole() == Path(megabyte).read_text()
    # no target: an answer has 100 KiB at most, so this is eleven calls beside one
    row("the same, all of it", whole, lambda: reference.call("read_text_file", path=megabyte), "reference", None)

    entries = str(single / "entries")
    tree = lambda: ours.call("directory_tree", path=entries, maxEntries=20_000)
    other = lambda: reference.call("directory_tree", path=entries)
    row("`directory_tree` of 10,000 entries", tree, other, "reference", 1)

    def edit(server, path):
        old, new = "first" + NEEDLE, "second" + NEEDLE

        def action():
            nonlocal old, new
            said(server.call("edit_file", path=str(path), edits=[{"oldText": old, "newText": new}]))
            old, new = new, old

        body = path.read_text()
        middle = body.index("\n", len(body) // 2) + 1
        path.write_text(f"{body[:middle]}{old}\n{body[middle:]}")
        return action

    mine, other = edit(ours, work / "ours.txt"), edit(reference, work / "reference.txt")
    row("`edit_file` in 1 MB, with its way back", mine, other, "reference", 1)
    return rows


def searched_memory(tree, state):
    server = Server([SERVER, "serve", f"--root={tree}"], **state, **UNLIMITED)
    server.call("search_file_contents", path=str(tree), query=NEEDLE)
    server.call("search_files", path=str(tree), pattern="**/*none*")
    peak = server.peak_mb()
    server.close()
    return peak


if __name__ == "__main__":
    main()
