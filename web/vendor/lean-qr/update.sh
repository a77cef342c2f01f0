#!/usr/bin/env bash
# Fetches a version of lean-qr and takes what the kiosk page needs of it.
set -euo pipefail
version=${1:?which version of lean-qr}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "lean-qr@$version"
tar xzf "lean-qr-$version.tgz"
cp package/LICENSE package/index.mjs "$here/"
cp package/extras/svg.mjs "$here/"
sed -i -E "s/lean-qr [0-9.]+/lean-qr $version/" "$here/README.md"
