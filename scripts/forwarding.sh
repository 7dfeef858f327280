#!/usr/bin/env bash
# The recipes of contrib/syslog and contrib/journald, tried: every event of a
# server arrives, over parts of its file, a restart of whoever forwards, and a
# `kill -9` of the server, and the server's files are left alone. rsyslog hands
# each on once; journald has those around a restart twice.
#
#   scripts/forwarding.sh [syslog|journald]...      both, if none is named
#
# Not part of `.ci/run`: it needs root, rsyslogd (Debian's `rsyslog`) and
# systemd-journald (Debian's `systemd`), which it starts by itself, so not where
# systemd runs the machine.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

EVENTS=$RUN/events

# serve: a server whose parts are small.
SERVED=0
serve() {
    SERVED=$((SERVED + 1))
    MCP_SERVER_EVENTS_DIR=$EVENTS MCP_SERVER_EVENTS_MAX_BYTES=2MiB MCP_SERVER_LIMITS_ENABLED=false \
        start "server-$SERVED" "$BUILD/debug/mcp-server" serve --http=127.0.0.1:0 --no-auth
}

# calls COUNT
calls() {
    local body='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hello_world","arguments":{"name":"\u202e nobody"}}}'
    local many
    many=$(printf "$URL %.0s" $(seq "$1"))
    # shellcheck disable=SC2086
    curl -sS -H 'Content-Type: application/json' -d "$body" $many >/dev/null
}

written() {
    cat "$EVENTS"/*.jsonl*
}

# arrives COMMAND...: what it prints becomes what was written.
arrives() {
    local _
    for _ in $(seq 100); do
        if cmp -s <(written | sort) <("$@" | sort); then
            printf 'ok    all %d events arrived\n' "$(written | wc -l)"
            return
        fi
        sleep 0.2
    done
    diff <(written | sort) <("$@" | sort) | cut -c 1-160 | head -n 10 >&2
    die "$(written | wc -l) were written, $("$@" | wc -l) arrived"
}

# forward COMMAND...: runs it until `unforward`.
forward() {
    "$@" </dev/null >>"$RUN/forward.log" 2>&1 &
    FORWARD=$!
    STARTED+=("$FORWARD")
    sleep 1
    kill -0 "$FORWARD" 2>/dev/null || { cat "$RUN/forward.log" >&2; die "$1 did not start"; }
}

unforward() {
    kill "$FORWARD" 2>/dev/null || true
    wait "$FORWARD" 2>/dev/null || true
}

# through START ARRIVED...: events before, while and after something forwards them.
through() {
    local begin=$1
    shift
    rm -rf "$EVENTS"
    serve
    calls 300
    "$begin"
    calls 700
    arrives "$@"
    unforward
    calls 300
    kill -9 "$LAST"
    wait "$LAST" 2>/dev/null || true
    serve
    "$begin"
    calls 100
    arrives "$@"
    stop
    arrives "$@"
    # A server says so when somebody was at its file.
    ! written | grep -q '"event":"events_missing"' || die "a file of the log was touched"
    printf 'ok    %d files were read and left alone\n' "$(find "$EVENTS" -name '*.jsonl*' -size +0 | wc -l)"
    unforward
}

begin_rsyslog() {
    forward rsyslogd -n -f "$RUN/rsyslog.conf" -i "$RUN/rsyslog.pid"
}

syslog() {
    command -v rsyslogd >/dev/null || die "rsyslogd is needed: apt-get install rsyslog"
    mkdir "$RUN/work"
    {
        printf 'global(maxMessageSize="16k" workDirectory="%s")\n' "$RUN/work"
        sed -e "s|/var/lib/mcp-server/events|$EVENTS|; s|/var/log/|$RUN/|" "$ROOT/contrib/syslog/mcp-server.conf"
    } >"$RUN/rsyslog.conf"
    through begin_rsyslog cat "$RUN/mcp-server-events.log"
}

# What journald has of these runs. Events of the last seconds before a restart stand there twice.
journalled() {
    find "$EVENTS" -name '*.jsonl' | sed 's/.*-\(.*\)\.jsonl/"run":"\1"/' >"$RUN/runs"
    journalctl --quiet --identifier=mcp-server-events --output=cat | grep -F -f "$RUN/runs" | sort -u
}

begin_journald() {
    forward env "MCP_SERVER=$BUILD/debug/mcp-server" "MCP_SERVER_EVENTS_DIR=$EVENTS" \
        systemd-cat --identifier=mcp-server-events "$ROOT/contrib/journald/forward.sh"
}

journald() {
    local daemon=/lib/systemd/systemd-journald
    [ -x "$daemon" ] || die "systemd-journald is needed: apt-get install systemd"
    [ "$(cat /proc/1/comm)" != systemd ] || die "the journal of this machine is running; try this in a container"
    systemd-analyze verify --man=no "$ROOT/contrib/journald/mcp-server-events.service" 2>&1 | grep -v 'is not executable' || true
    mkdir -p /run/systemd/journal
    "$daemon" </dev/null >"$RUN/journald.log" 2>&1 &
    STARTED+=("$!")
    local _
    for _ in $(seq 50); do
        if [ -S /run/systemd/journal/stdout ]; then break; fi
        sleep 0.1
    done
    through begin_journald journalled
}

(cd "$ROOT" && cargo build --quiet --bin mcp-server)
[ $# -gt 0 ] || set -- syslog journald
for part in "$@"; do
    case $part in
    syslog | journald) printf '== %s\n' "$part" && "$part" ;;
    *) die "no such part: $part" ;;
    esac
done
