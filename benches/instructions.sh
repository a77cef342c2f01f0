#!/usr/bin/env bash
# Instructions that the server spends on a request, by callgrind: a figure without noise, the same on a busy machine.
# What it does not see is the kernel, half of a memory hit's time, nor what a cache miss costs: `run.sh` has those.
#
#     benches/instructions.sh                    the shipped release build
#     benches/instructions.sh --profile          and which functions they are in (needs a build with names:
#                                                CARGO_PROFILE_RELEASE_STRIP=none cargo build --release)
#     benches/instructions.sh --baseline FILE    and the ratio to what FILE says (benches/baseline.json)
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null; then
  [ "$(id -u)" = 0 ] || { echo "left out: valgrind is not installed"; exit 0; }
  apt-get update -qq && apt-get install -y -qq --no-install-recommends valgrind python3 >/dev/null
fi
case " $* " in *" --binary "*) ;; *) cargo build --release --locked --quiet ;; esac
exec python3 benches/instructions.py "$@"
