#!/usr/bin/env bash
# Fetches a version of swagger-ui-dist and packs what the page needs of it.
set -euo pipefail
version=${1:?which version of swagger-ui-dist}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "swagger-ui-dist@$version"
tar xzf "swagger-ui-dist-$version.tgz"
cp package/LICENSE package/NOTICE package/swagger-ui-bundle.js.LICENSE.txt "$here/"
for file in swagger-ui-bundle.js swagger-ui.css; do
  gzip -9 -n -c "package/$file" >"$here/$file.gz"
done
sed -i -E "s/Swagger UI [0-9.]+/Swagger UI $version/; s/swagger-ui-dist\` [0-9.]+/swagger-ui-dist\` $version/" "$here/README.md"
