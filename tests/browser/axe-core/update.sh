#!/usr/bin/env bash
# Fetches a version of axe-core and packs it.
set -euo pipefail
version=${1:?which version of axe-core}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "axe-core@$version"
tar xzf "axe-core-$version.tgz"
cp package/LICENSE package/LICENSE-3RD-PARTY.txt "$here/"
gzip -9 -n -c package/axe.min.js >"$here/axe.min.js.gz"
sed -i -E "s/axe-core [0-9.]+/axe-core $version/g" "$here/README.md"
