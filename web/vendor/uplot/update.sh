#!/usr/bin/env bash
# Fetches a version of uPlot: the module, its style and its licence.
set -euo pipefail
version=${1:?which version of uplot}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "uplot@$version" >/dev/null
tar xzf "uplot-$version.tgz"
cp package/LICENSE "$here/LICENSE"
cp package/dist/uPlot.esm.js "$here/uPlot.js"
cp package/dist/uPlot.min.css "$here/uPlot.css"
sed -i -E "s/uPlot [0-9.]+[0-9]/uPlot $version/; s/\`uplot\` [0-9.]+[0-9]/\`uplot\` $version/" "$here/README.md"
