#!/usr/bin/env bash
# Calls a second through the HTTP door, beside bare rmcp and beside warp alone.
#
#   benches/doors.sh [SECONDS]      how long each measurement takes, default 5
#
# Ours: a key, limits on (at 10^9 a minute, so that none is reached) and events
# on. Bare and fixed: examples/bare.rs. 16 connections, one client thread, in
# turn, five rounds, both eras. Needs wrk (apt-get install wrk). Prints the
# medians as the table that benches/README.md holds.
set -euo pipefail
source "$(dirname "$0")/../scripts/lib.sh"

SECONDS_EACH=${1:-5}
ROUNDS=5
ERAS=(2025-11-25 2026-07-28)
SERVERS=(ours bare fixed)
declare -A URLS

command -v wrk >/dev/null || die "wrk is missing; on Debian: apt-get install wrk"

# The two are built one after the other: together they would share features,
# and ours would not be what is shipped.
(cd "$ROOT" && cargo build --quiet --release --bin mcp-server && cargo build --quiet --release --example bare)

KEY=$(random_key)
export KEY
for limit in ADDRESS KEY TOOL REPEAT; do
    export "MCP_SERVER_LIMITS_$limit=1000000000/min"
done
API_KEY=$KEY MCP_SERVER_EVENTS_DIR=$RUN/events start ours "$BUILD/release/mcp-server" serve --http=127.0.0.1:0
URLS[ours]=$URL
start bare "$BUILD/release/examples/bare" 127.0.0.1:0
URLS[bare]=$URL
start fixed "$BUILD/release/examples/bare" --fixed 127.0.0.1:0
URLS[fixed]=$URL

# load SECONDS SERVER: prints calls a second, the 99th percentile in
# microseconds, and how many answers were not what they should be.
load() {
    wrk --threads 1 --connections 16 --duration "$1" --script "$ROOT/benches/doors.lua" "${URLS[$2]}" |
        sed -n 's/^RESULT //p'
}

median() {
    sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

for ERA in "${ERAS[@]}"; do
    export ERA
    for server in "${SERVERS[@]}"; do
        read -r _ _ bad < <(CHECK=1 load 2 "$server")
        [ "$bad" -eq 0 ] || die "$server, $ERA: $bad answers were no greeting"
    done
    for round in $(seq "$ROUNDS"); do
        for server in "${SERVERS[@]}"; do
            read -r rate p99 bad < <(load "$SECONDS_EACH" "$server")
            [ "$bad" -eq 0 ] || die "$server, $ERA, round $round: $bad answers were no 200"
            printf '%s %s %s: %s calls/s\n' "$ERA" "$round" "$server" "$rate" >&2
            printf '%s\n' "$rate" >>"$RUN/$ERA-$server.rates"
            printf '%s\n' "$p99" >>"$RUN/$ERA-$server.p99"
        done
    done
done

printf '%s, %s cores, %s, wrk -t1 -c16, %s s a round, medians of %s rounds\n\n' \
    "$(date -u +%F)" "$(nproc)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$SECONDS_EACH" "$ROUNDS"
printf '| era | ours | bare rmcp | warp, fixed answer | ours / bare | ours / fixed | p99 ours | p99 bare |\n'
printf '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n'
for ERA in "${ERAS[@]}"; do
    ours=$(median <"$RUN/$ERA-ours.rates") bare=$(median <"$RUN/$ERA-bare.rates")
    fixed=$(median <"$RUN/$ERA-fixed.rates")
    awk -v era="$ERA" -v ours="$ours" -v bare="$bare" -v fixed="$fixed" \
        -v p_ours="$(median <"$RUN/$ERA-ours.p99")" -v p_bare="$(median <"$RUN/$ERA-bare.p99")" 'BEGIN {
        printf "| %s | %d | %d | %d | **%.2f** | %.2f | %.2f ms | %.2f ms |\n",
            era, ours, bare, fixed, ours / bare, ours / fixed, p_ours / 1000, p_bare / 1000 }'
done
