#!/usr/bin/env bash
# The file tools beside the reference server and ripgrep.
#
#   benches/files.sh [ROUNDS]       how often each is measured, default 7
#
# Makes 50,000 files and a tree of 1 GB below target/scratch (once), installs the
# reference server there with npm (once), and runs benches/files.py. Needs
# cargo, npm, python3 and rg (apt-get install ripgrep).
set -euo pipefail
source "$(dirname "$0")/../scripts/lib.sh"

REFERENCE=@modelcontextprotocol/server-filesystem@2026.8.31
PLACE=$SCRATCH/files

for program in npm python3 rg; do
    command -v "$program" >/dev/null || die "$program is missing"
done
(cd "$ROOT" && cargo build --quiet --release --bin mcp-server)
mkdir -p "$PLACE"
[[ -d $PLACE/node_modules/@modelcontextprotocol/server-filesystem ]] ||
    npm install --prefix "$PLACE" --no-audit --no-fund --silent "$REFERENCE"

python3 "$ROOT/benches/files.py" "$BUILD/release/mcp-server" "$PLACE" "${1:-7}"
