#!/usr/bin/env bash
# The official conformance suite, over HTTP, in both eras:
#
#   product    `mcp-server serve --http` with a key, behind a proxy that adds it
#   fixtures   examples/conformance_server, which has what the suite calls
#
#   scripts/conformance.sh [product|fixtures]...      both, if none is named
#
# A scenario that fails and is not listed in scripts/conformance/*.yml fails
# the run; so does a listed one that passes. Logs of what failed are printed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

SUITE=@modelcontextprotocol/conformance@0.2.0-alpha.12
ERAS=(2025-11-25 2026-07-28)
# Not scored by the suite, and asked of us all the same.
UNSCORED=(http-header-validation http-custom-header-server-validation)
FAILED=0 PASSED=0

# judge NAME ARGS...: one run of the suite against $URL.
judge() {
    local name=$1 log=$RUN/$1.txt
    shift
    if "$NODE" "$SCRATCH/conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js" \
        server --url "$URL" -o "$RUN/$name" "$@" >"$log" 2>&1; then
        PASSED=$((PASSED + 1))
        printf 'ok    %s\n' "$name"
    else
        FAILED=$((FAILED + 1))
        printf 'FAIL  %s\n' "$name"
        sed -n '/^Total:/,$p' "$log"
        grep -h '"errorMessage"' -r "$RUN/$name" | sort | uniq -c | head -n 40 || true
    fi
}

judge_eras() {
    local name=$1 era
    for era in "${ERAS[@]}"; do
        judge "$name-$era" --requirements "$era" --expected-failures "$ROOT/scripts/conformance/$name.yml"
    done
}

product() {
    mkdir -p "$RUN/notes" && printf 'a note\n' >"$RUN/notes/note.txt"
    local key
    key=$(random_key)
    API_KEY=$key start product "$BUILD/debug/mcp-server" serve --http=127.0.0.1:0 --root "$RUN/notes"
    KEY=$key start key-proxy "$NODE" "$ROOT/scripts/conformance/key-proxy.mjs" "$URL"
    judge_eras product
    judge product-http-header-validation --spec-version 2026-07-28 --scenario http-header-validation
}

fixtures() {
    local scenario
    start conformance_server "$BUILD/debug/examples/conformance_server" 127.0.0.1:0
    judge_eras fixtures
    for scenario in "${UNSCORED[@]}"; do
        judge "fixtures-$scenario" --spec-version 2026-07-28 --scenario "$scenario"
    done
}

(cd "$ROOT" && cargo build --quiet --bin mcp-server --example conformance_server)
node_packages conformance "$SUITE"
[ $# -gt 0 ] || set -- product fixtures
for part in "$@"; do
    case $part in
    product | fixtures) "$part" ;;
    *) die "no such part: $part" ;;
    esac
done
printf 'conformance: %d passed, %d failed\n' "$PASSED" "$FAILED"
[ "$FAILED" -eq 0 ]
