#!/usr/bin/env bash
# The page in a real Chromium: keys, live events, filters, paging, what an
# event means, a server that goes and comes back, hostile text, axe-core.
#
#   scripts/page.sh [WORD]...      the checks whose name holds one of the words; all, if there is none
#   SHOTS=docs scripts/page.sh none      takes the pictures anew
#
# One line a check. playwright-core and axe-core are installed beneath the build
# directory; Chromium is the system's, or $CHROMIUM.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

PAGE_PACKAGES=(playwright-core@1.65.1 axe-core@4.14.1)
PRODUCT=$BUILD/debug/mcp-server

chromium_path() {
    CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
    [ -x "$CHROMIUM" ] && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium) >&2 || true
        CHROMIUM=$(command -v chromium || true)
    fi
    [ -x "$CHROMIUM" ] || die "there is no Chromium; on Debian: apt-get install chromium (or name one: CHROMIUM=PATH)"
}

chromium_path
(cd "$ROOT" && cargo build --quiet --bin mcp-server)
node_packages page "${PAGE_PACKAGES[@]}"
export PRODUCT RUN ROOT CHROMIUM SHOTS="${SHOTS:+$(cd "$ROOT" && realpath "$SHOTS")}" PACKAGES=$SCRATCH/page

CODE=0
timeout 600 "${ISOLATED[@]}" "$NODE" "$ROOT/tests/page/page.mjs" "$@" | tee "$RUN/results.txt" || CODE=$?
FAILED=$(grep -c '^FAIL' "$RUN/results.txt" || true)
printf 'page: %d passed, %d failed\n' "$(grep -c '^ok' "$RUN/results.txt" || true)" "$FAILED"
[ "$FAILED" -eq 0 ] && [ "$CODE" -eq 0 ]
