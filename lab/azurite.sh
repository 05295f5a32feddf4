#!/bin/bash
# Puts Azurite, Microsoft's own server of the Blob protocol, into DIR, with `azurite-blob` in DIR/bin. It is 360 MB with what
# it needs, so it is no dependency. Takes minutes; nothing is fetched again.
#   azurite.sh DIR
set -euo pipefail

DIR=${1:?usage: azurite.sh DIR}
mkdir -p "$DIR/bin"
DIR=$(cd "$DIR" && pwd)
[ -x "$DIR/bin/azurite-blob" ] && exit 0
npm install --prefix "$DIR/azurite" --no-audit --no-fund --save-exact azurite@3.37.0 >&2
ln -sf "$DIR/azurite/node_modules/.bin/azurite-blob" "$DIR/bin/azurite-blob"
