#!/bin/sh
# Prints the security events of mcp-server as they happen, and goes on where the
# journal ends: what is printed here is what journald gets from the unit beside
# this file. Ten seconds are printed again after a restart, because several
# servers may write at once; `run` and `seq` tell a repetition.
set -eu

IDENTIFIER=mcp-server-events

last=$(journalctl --quiet --identifier="$IDENTIFIER" --lines=50 --output=cat |
    sed -n 's/^{"v":1,"timestamp":"\([^"]*\)".*/\1/p' | tail -n 1)
if [ -n "$last" ]; then
    since=$(date -u -d "@$(($(date -d "$last" +%s) - 10))" +%Y-%m-%dT%H:%M:%SZ)
    exec "${MCP_SERVER:-mcp-server}" events tail -f --lines all --json --since "$since"
fi
exec "${MCP_SERVER:-mcp-server}" events tail -f --lines all --json
