"""The official Python client against one server, through one door, in one era.

    python_client.py PRODUCT|FIXTURES ERA URL
    python_client.py PRODUCT|FIXTURES ERA COMMAND [ARG...]

ERA is `legacy` (by handshake), `auto` (asks which) or `2026-07-28` (no
handshake). The key for URL is in $KEY, the directory behind the server's root
in $NOTES. One line a check; exit code 1 if one failed.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

import anyio
import httpx2
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference

WHAT, ERA, *TARGET = sys.argv[1:]
DOOR = "http" if TARGET[0].startswith("http://") else "stdio"
EXPECTED = {"legacy": "2025-11-25", "auto": "2026-07-28"}.get(ERA, ERA)
INVALID_PARAMS = -32602

LOG_LEVEL = "io.modelcontextprotocol/logLevel"  # how a request without handshake asks for log messages

failed = 0
logged = []


def check(sentence, holds, seen=""):
    global failed
    failed += not holds
    note = "" if holds else f" (saw {seen!r:.300})"
    print(f"{'ok   ' if holds else 'FAIL '} python {DOOR} {ERA}: {sentence}{note}", flush=True)


def text(result):
    return result.content[0].text


async def log(message):
    logged.append(message.data)


@contextlib.asynccontextmanager
async def connected():
    if DOOR == "stdio":
        env = {name: value for name, value in os.environ.items() if name != "KEY"}
        target = StdioServerParameters(command=TARGET[0], args=TARGET[1:], env=env)
        async with Client(target, mode=ERA, read_timeout_seconds=20, logging_callback=log) as client:
            yield client
    else:
        headers = {"Authorization": f"Bearer {os.environ['KEY']}"} if "KEY" in os.environ else {}
        async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
            transport = streamable_http_client(TARGET[0], http_client=http)
            async with Client(transport, mode=ERA, read_timeout_seconds=20, logging_callback=log) as client:
                yield client


async def product(client):
    tools = [tool.name for tool in (await client.list_tools()).tools]
    check("the tools are listed", {"hello_world", "read_text_file"} <= set(tools), tools)

    result = await client.call_tool("hello_world", {"name": "Ada"})
    check("hello_world greets", not result.is_error and "Ada" in text(result), result)

    try:
        result = await client.call_tool("no_such_tool", {})
        check("an unknown tool is a protocol error", False, result)
    except MCPError as error:
        check("an unknown tool is a protocol error", error.error.code == INVALID_PARAMS, error)

    result = await client.call_tool("hello_world", {"name": "Ada\u202e!"})
    refused = result.is_error and "name" in text(result) and "Ada" not in text(result)
    check("a bad argument is named, its value is not repeated", refused, result)

    result = await client.call_tool("read_text_file", {"path": "../outside.txt"})
    check("a path that leaves the root is refused", result.is_error, result)

    listed = (await client.list_resources()).resources
    check("the root is listed as a resource", [r for r in listed if str(r.uri).startswith("root://")] != [], listed)

    refused = []
    for file in sorted(Path(os.environ["NOTES"]).iterdir()):
        result = await client.call_tool("read_text_file", {"path": file.name})
        if result.is_error or text(result) != file.read_text():
            refused.append(text(result))
    check("200 files are read one after another", refused == [], refused[:1])


async def fixtures(client):
    calls = []

    async def step_by_step():
        steps = []

        async def seen(done, total, _message):
            steps.append((done, total))

        result = await client.call_tool("test_tool_with_progress", {}, progress_callback=seen)
        calls.append(len(steps) == 3 and steps == sorted(steps) and not result.is_error)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(step_by_step)
    check("progress arrives in order, on three calls at once", calls == [True] * 3, calls)

    await client.call_tool("test_tool_with_logging", {}, meta={LOG_LEVEL: "info"})
    check("what the call logs arrives", len(logged) == 3, logged)

    with anyio.move_on_after(0.3) as scope:
        await client.call_tool("wait_until_cancelled", {})
    check("a call is cancelled", scope.cancelled_caught)
    started = time.monotonic()
    result = await client.call_tool("test_simple_text", {})
    check("the next call is answered", not result.is_error and time.monotonic() - started < 1, result)

    prompt_name = "test_prompt_with_arguments"
    prompt = await client.get_prompt(prompt_name, {"arg1": "one", "arg2": "two"})
    check("a prompt has its arguments put in", "one" in prompt.messages[0].content.text, prompt)

    completed = await client.complete(PromptReference(name=prompt_name), {"name": "arg1", "value": "par"})
    check("an argument of a prompt is completed", "paris" in completed.completion.values, completed)

    read = await client.read_resource("test://template/42/data")
    check("a resource template is read", "42" in read.contents[0].text, read)


async def main():
    async with connected() as client:
        check(f"{EXPECTED} is spoken", client.protocol_version == EXPECTED, client.protocol_version)
        await {"product": product, "fixtures": fixtures}[WHAT](client)


try:
    anyio.run(main)
except BaseException as error:  # an exception group, mostly: say what was in it
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    check("the conversation goes on to its end", False, error)
sys.exit(failed > 0)
