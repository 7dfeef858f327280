#!/usr/bin/env bash
# The official clients, through both doors, in both eras: connecting, listing,
# calling, reading, being refused, progress and cancelling. Every conversation
# has a server of its own, so that no limit of one is spent by another.
#
#   scripts/clients.sh [curl|python|typescript]...      all, if none is named
#
# curl has one line to say: the one that the server prints to try it with.
#
# One line a check. The clients are installed beneath the build directory.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

PYTHON_CLIENT=mcp==2.3.0
TYPESCRIPT_CLIENTS=(@modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0)
PRODUCT=$BUILD/debug/mcp-server
FIXTURES=$BUILD/debug/examples/conformance_server
RESULTS=$RUN/results.txt

python_packages() {
    local venv=$SCRATCH/python
    PYTHON=$venv/bin/python
    [ "$(cat "$venv/stamp" 2>/dev/null)" = "$PYTHON_CLIENT" ] && return
    rm -rf "$venv"
    python3 -m venv "$venv" || die "python3 has no venv; on Debian: apt-get install python3-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check "$PYTHON_CLIENT" >&2
    printf '%s' "$PYTHON_CLIENT" >"$venv/stamp"
}

# talk PROGRAM... -- ERA: all four conversations of one client in one era.
talk() {
    local client=() key
    while [ "$1" != -- ]; do
        client+=("$1")
        shift
    done
    local era=$2 events=$RUN/events-$RANDOM
    key=$(random_key)

    API_KEY=$key start product "$PRODUCT" serve --http=127.0.0.1:0 --root "$NOTES"
    run env "KEY=$key" "${client[@]}" product "$era" "$URL"
    stop
    run "${client[@]}" product "$era" "$PRODUCT" serve --root "$NOTES"

    # Where a call was cancelled there is an event that says so.
    export MCP_SERVER_EVENTS_DIR=$events-http
    start conformance_server "$FIXTURES" 127.0.0.1:0
    run "${client[@]}" fixtures "$era" "$URL"
    stop
    abandoned "$era" "$MCP_SERVER_EVENTS_DIR"
    export MCP_SERVER_EVENTS_DIR=$events-stdio
    run "${client[@]}" fixtures "$era" "$FIXTURES" --stdio
    abandoned "$era" "$MCP_SERVER_EVENTS_DIR"
    unset MCP_SERVER_EVENTS_DIR
}

# run COMMAND...: one conversation. Its exit code is 1 if a check failed, and
# more if it never got as far as checking.
run() {
    local code=0
    timeout 120 "${ISOLATED[@]}" "NOTES=$NOTES" "$@" >"$RUN/said.txt" 2>"$RUN/client.log" || code=$?
    tee -a "$RESULTS" <"$RUN/said.txt"
    if [ "$code" -gt 1 ]; then
        printf 'FAIL  exit code %d of: %s\n' "$code" "$*" | tee -a "$RESULTS"
        tail -n 20 "$RUN/client.log"
    fi
}

abandoned() {
    if grep -qs '"event":"tool_abandoned"' -r "$2"; then
        printf 'ok    %s: the cancelled call is on record\n' "$1"
    else
        printf 'FAIL  %s: the cancelled call is on record\n' "$1"
    fi | tee -a "$RESULTS"
}

curl_as_printed() {
    local line said
    start product "$PRODUCT" serve --http=127.0.0.1:0 --root "$ROOT/examples/sample"
    line=$(grep '^  curl' "$RUN/product.log" || true)
    said=$("${ISOLATED[@]}" bash -c "${line:-false}" 2>/dev/null || true)
    stop
    if [[ $said == *'"name":"read_text_file"'* ]]; then
        printf 'ok    curl: the line that the server prints works as printed\n'
    else
        printf 'FAIL  curl: the line that the server prints works as printed (saw %.300s)\n' "$said"
    fi | tee -a "$RESULTS"
}

python() {
    local era
    python_packages
    for era in legacy 2026-07-28 auto; do
        talk "$PYTHON" "$ROOT/scripts/clients/python_client.py" -- "$era"
    done
}

typescript() {
    local era
    node_packages typescript "${TYPESCRIPT_CLIENTS[@]}"
    export PACKAGES=$SCRATCH/typescript
    for era in v1 legacy 2026-07-28 auto; do
        talk "$NODE" "$ROOT/scripts/clients/typescript_client.mjs" -- "$era"
    done
}

(cd "$ROOT" && cargo build --quiet --bin mcp-server --example conformance_server)
NOTES=$RUN/notes
mkdir "$NOTES"
for i in $(seq -w 200); do
    printf 'note %s\nwith a second line\n' "$i" >"$NOTES/note-$i.txt"
done
[ $# -gt 0 ] || set -- curl python typescript
for part in "$@"; do
    case $part in
    curl) curl_as_printed ;;
    python | typescript) "$part" ;;
    *) die "no such client: $part" ;;
    esac
done
FAILED=$(grep -c '^FAIL' "$RESULTS" || true)
printf 'clients: %d passed, %d failed\n' "$(grep -c '^ok' "$RESULTS" || true)" "$FAILED"
[ "$FAILED" -eq 0 ]
