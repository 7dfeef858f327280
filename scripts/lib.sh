# shellcheck shell=bash disable=SC2034
# What the scripts share. Sourced, not run; the caller has `set -euo pipefail`.
#
# Everything they install or write goes beneath $SCRATCH, in the build
# directory, and nothing is left running: the exit trap ends what was started.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${CARGO_TARGET_DIR:-$ROOT/target}
SCRATCH=$BUILD/scratch
mkdir -p "$SCRATCH"

RUN=$(mktemp -d "$SCRATCH/run.XXXXXX")
STARTED=()

clean_up() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$RUN"
}
trap clean_up EXIT

# Before a command: it sees neither the configuration nor the state of whoever
# runs this. Not a function, so that `$!` is the command itself.
ISOLATED=(env "HOME=$RUN/home" "XDG_CONFIG_HOME=$RUN/home/config" "XDG_STATE_HOME=$RUN/home/state")
mkdir "$RUN/home"

die() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# start NAME COMMAND...: runs a server in the background, its stderr in
# $RUN/NAME.log, and waits until it says where it listens: $URL.
start() {
    local name=$1 log=$RUN/$1.log
    shift
    "${ISOLATED[@]}" "$@" </dev/null >"$RUN/$name.out" 2>"$log" &
    LAST=$!
    STARTED+=("$LAST")
    URL=
    local _
    for _ in $(seq 200); do
        URL=$(sed -n 's/.*\(http:\/\/127\.0\.0\.1:[0-9]*\/mcp\).*/\1/p' "$log" | head -n 1)
        [ -n "$URL" ] && return
        kill -0 "$LAST" 2>/dev/null || break
        sleep 0.05
    done
    cat "$log" >&2
    die "$name did not start"
}

# stop: ends the server started last, and waits for it.
stop() {
    kill "$LAST" 2>/dev/null || true
    wait "$LAST" 2>/dev/null || true
}

# node_packages FOLDER PACKAGE@VERSION...: installs into $SCRATCH/FOLDER, once.
# Node 22 comes along, because the suite does not start on an older one.
node_packages() {
    local folder=$SCRATCH/$1 stamp
    shift
    stamp="$* node@22"
    NODE=$folder/node_modules/.bin/node
    [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ] && return
    rm -rf "$folder" && mkdir -p "$folder"
    (cd "$folder" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --no-package-lock node@22 "$@") >&2
    printf '%s' "$stamp" >"$folder/stamp"
}

# A key for one run: long enough, and nobody's.
random_key() {
    head -c 32 /dev/urandom | base64 | tr -d '=+/\n'
}
