#!/bin/sh
# The service beside the least that could answer the same, the peers, and the promises: what docs/performance.md shows.
#
#   benches/run.sh --short        a first look
#   benches/run.sh --help         everything else
#
# Builds the bare server, and ours where it is missing or older than its source; asks for wrk and nginx (Debian's) when
# it may install them.
set -eu
cd "$(dirname "$0")/.."

case " $* " in
*" --help "* | *" -h "*) exec python3 benches/limit/run.py --help ;;
esac

missing=
command -v wrk >/dev/null || missing="$missing wrk"
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing="$missing nginx-light"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086 # two words are two packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q $missing >&2 || echo "could not install$missing" >&2
fi

CARGO_TARGET_DIR=target/limit cargo build -q --release --locked --manifest-path benches/limit/actix/Cargo.toml
case " $*" in
*" --binary"*) ;;
*) cargo build -q --release --locked --bin suitsize ;;
esac
exec python3 benches/limit/run.py "$@"
