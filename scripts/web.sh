#!/bin/sh
# Builds the dashboard into web/dist, unless it is there and as its sources are now.
set -eu
cd "$(dirname "$0")/.."

stamp=web/dist/.made-of
# Some of its files are the service's own, such as how sizes are written.
wanted=$(find web src/platform package-lock.json -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -exec cksum {} + | sort | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  echo 'web: building the dashboard (half a minute)' >&2
  vite build web --logLevel warn
  echo "$wanted" >"$stamp"
fi
