#!/bin/sh
# Makes a fresh clone ready to run, and does nothing (in 0.1 s) when it already is.
#   setup.sh                 the npm packages, among them Node 24
#   setup.sh --with-servers  also redis-server, docker-registry and skopeo, from Debian's packages
#   setup.sh --for-tests     also ngircd, prometheus-alertmanager, prometheus, nginx, kubectl and systemd-analyze. Where they cannot be had, their tests are skipped
#   setup.sh --with-browser  those of --with-servers, and chromium
set -eu
cd "$(dirname "$0")/.."

stamp=node_modules/.tallyman-setup
wanted=$(cat package.json package-lock.json | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  echo "setup: installing npm packages (some minutes)" >&2
  # Not `npm ci`: it refuses a lockfile that lacks an optional package for another platform, and a
  # registry mirror that does not carry such packages cannot lock them. The locked versions hold either way.
  npm install --no-save --no-audit --no-fund --loglevel=error >&2
  echo "$wanted" >"$stamp"
fi

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }
if [ "$(node_major node_modules/.bin/node)" -lt 24 ] && [ "$(node_major node)" -lt 24 ]; then
  echo "setup: Node 24 or later is needed; npm has none for this platform ($(uname -sm)): install it and run again" >&2
  exit 1
fi

[ $# -gt 0 ] || exit 0

missing=
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v docker-registry >/dev/null || missing="$missing docker-registry"
command -v skopeo >/dev/null || missing="$missing skopeo"
[ "$1" != --with-browser ] || [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
can_install=
[ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || can_install=1
if [ "$1" = --for-tests ]; then
  for peer in ngircd prometheus-alertmanager prometheus nginx; do
    PATH="$PATH:/usr/sbin" command -v "$peer" >/dev/null || peers="${peers:-} $peer"
  done
  command -v kubectl >/dev/null || peers="${peers:-} kubernetes-client"
  command -v systemd-analyze >/dev/null || peers="${peers:-} systemd"
  [ -z "${peers:-}" ] || [ -n "$can_install" ] || echo "setup: tests that need these are skipped:$peers" >&2
  [ -z "$can_install" ] || missing="$missing${peers:-}"
fi
[ -n "$missing" ] || exit 0

if [ -z "$can_install" ]; then
  echo "setup: missing:$missing
setup: on Debian or Ubuntu, as root:  apt-get update && apt-get install -y --no-install-recommends$missing
setup: elsewhere, install Redis 7 or later, distribution's registry 2.8 as 'docker-registry', and skopeo, and put them on the PATH" >&2
  exit 1
fi
echo "setup: installing$missing from Debian" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# A policy of 101 keeps the packages from starting services of their own on this machine.
policy=/usr/sbin/policy-rc.d
made_policy=
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made_policy=1; }
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
