#!/usr/bin/env bash
# A long mixed load at both doors, with every kind of bad input in it; in the end
# memory and descriptors have not grown, and every call is accounted for.
#
#   scripts/soak.sh [SECONDS]      each door; 300 unless said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --examples
SOAK_SECONDS=${1:-300} cargo test --release --test faults soak -- --ignored --nocapture
