#!/usr/bin/env bash
# What contrib/prometheus and contrib/grafana say about a real server:
#
#   - the alarms parse, and each goes off on its incident and on nothing else
#   - what a running server tells is well formed, in both forms
#   - every metric that an alarm or the board asks for is told
#   - a real Prometheus with the example's configuration reads the server, and
#     an incident at the server sets off its alarm
#
# It takes promtool and prometheus from where they are or, on Debian, from the
# package, which is unpacked beneath the build directory and not installed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

CONTRIB=$ROOT/contrib

# Sets $PROMTOOL and $PROMETHEUS.
find_prometheus() {
    local unpacked=$SCRATCH/prometheus
    if command -v promtool >/dev/null && command -v prometheus >/dev/null; then
        PROMTOOL=promtool PROMETHEUS=prometheus
        return
    fi
    if [ ! -x "$unpacked/usr/bin/promtool" ]; then
        command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
            die "promtool and prometheus are needed: put both on the PATH"
        rm -rf "$unpacked" && mkdir -p "$unpacked"
        (cd "$unpacked" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb) ||
            die "the package \`prometheus\` cannot be had: run \`apt-get update\`, or put promtool and prometheus on the PATH"
    fi
    PROMTOOL=$unpacked/usr/bin/promtool PROMETHEUS=$unpacked/usr/bin/prometheus
}

ok() {
    printf 'ok    %s\n' "$*"
}

# call TOOL ARGUMENTS: one call with the key, whatever comes of it.
call() {
    curl -sS -o /dev/null -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
        -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2}}" "$URL"
}

# ask EXPRESSION: whether it has any result in the running Prometheus.
ask() {
    curl -sS -G "http://127.0.0.1:$PORT/api/v1/query" --data-urlencode "query=$1" 2>/dev/null | grep -q '"metric":'
}

# await WHAT EXPRESSION
await() {
    local _
    for _ in $(seq 300); do
        ask "$2" && ok "$1" && return
        sleep 0.1
    done
    tail -n 20 "$RUN/prometheus.log" >&2
    die "never: $1"
}

# expressions FILE: those of a board, as rules that promtool can judge.
expressions() {
    python3 - "$1" <<'PY'
import json, sys

board = json.load(open(sys.argv[1]))
asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
asked += [note["expr"] for note in board["annotations"]["list"]]
assert len(asked) > 20, asked
print("groups:\n  - name: board\n    rules:")
for number, expression in enumerate(asked):
    expression = expression.replace("$__rate_interval", "1m")
    print(f"      - record: board_{number}\n        expr: {json.dumps(expression)}")
PY
}

find_prometheus
(cd "$ROOT" && cargo build --quiet --bin mcp-server)

"$PROMTOOL" check rules "$CONTRIB/prometheus/alerts.yml"
"$PROMTOOL" test rules "$CONTRIB/prometheus/alerts_test.yml"
"$PROMTOOL" check config --syntax-only "$CONTRIB/prometheus/prometheus.yml"
for alarm in $(sed -n 's/.*- alert: //p' "$CONTRIB/prometheus/alerts.yml"); do
    grep -q "alertname=\"$alarm\"" "$CONTRIB/prometheus/alerts_test.yml" || die "no test sets $alarm off"
done
expressions "$CONTRIB/grafana/board.json" >"$RUN/board.yml"
"$PROMTOOL" check rules "$RUN/board.yml"

mkdir "$RUN/notes" && printf 'a note\n' >"$RUN/notes/note.txt"
KEY=$(random_key)
API_KEY=$KEY start server "$BUILD/debug/mcp-server" serve --http=127.0.0.1:0 --root "$RUN/notes"
call hello_world '{}'
METRICS=${URL%/mcp}/metrics
curl -sSf -H "Authorization: Bearer $KEY" "$METRICS" >"$RUN/metrics.txt"
"$PROMTOOL" check metrics <"$RUN/metrics.txt"
ok "promtool finds nothing wrong with $(grep -cv '^#' "$RUN/metrics.txt") series"

sed -n 's/^\(mcp_server_[a-z_]*\).*/\1/p' "$RUN/metrics.txt" | sort -u >"$RUN/told"
grep -oh 'mcp_server_[a-z_]*' "$CONTRIB/prometheus/alerts.yml" "$CONTRIB/grafana/board.json" | sort -u >"$RUN/asked"
if [ -n "$(comm -13 "$RUN/told" "$RUN/asked")" ]; then
    comm -13 "$RUN/told" "$RUN/asked" >&2
    die "asked for, and not told"
fi
ok "all $(wc -l <"$RUN/asked") metrics of the alarms and the board are told"

# A Prometheus as in the example, but for where, how often, and the key's file.
printf '%s' "$KEY" >"$RUN/key"
cp "$CONTRIB/prometheus/alerts.yml" "$RUN"
sed -e "s|127.0.0.1:8080|${METRICS#http://}|; s|/metrics\"|\"|; s|/etc/prometheus/mcp-server.key|$RUN/key|; s|: 15s|: 1s|" \
    "$CONTRIB/prometheus/prometheus.yml" >"$RUN/prometheus.yml"
"$PROMTOOL" check config "$RUN/prometheus.yml"
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$PROMETHEUS" --config.file="$RUN/prometheus.yml" --storage.tsdb.path="$RUN/tsdb" \
    --web.listen-address="127.0.0.1:$PORT" --log.level=warn </dev/null >"$RUN/prometheus.log" 2>&1 &
STARTED+=("$!")
await "Prometheus reads the server" 'up{job="mcp-server"} == 1'
await "it knows the call" 'mcp_server_calls_total{tool="hello_world",outcome="ok"} == 1'
await "and no alarm goes off" 'absent(ALERTS) and on() count_over_time(up{job="mcp-server"}[1m]) > 2'
call read_text_file '{"path":"../../etc/passwd"}'
await "a path outside sets off its alarm" 'ALERTS{alertname="McpServerRefusedPathFromKey",alertstate="firing"}'
