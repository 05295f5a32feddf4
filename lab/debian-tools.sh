#!/bin/bash
# Puts programs of Debian unstable that are one static file, such as cosign, into DIR/bin. Installs nothing, and changes
# nothing of apt. Uses the mirror of this machine's apt. Takes some seconds; programs that are there are not fetched again.
#   debian-tools.sh DIR PACKAGE...
set -euo pipefail

DIR=${1:?usage: debian-tools.sh DIR PACKAGE...}
mkdir -p "$DIR/bin"
DIR=$(cd "$DIR" && pwd)
shift
missing=()
for package in "$@"; do
  [ -x "$DIR/bin/$package" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs}
mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
  sed -nE 's/^(URIs:|deb( \[[^]]*\])?) *([^ ]+).*/\3/p' | head -n 1 || true)
[ -n "$mirror" ] || { echo "no Debian mirror in /etc/apt" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$work/lists"
  -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work/debs" && "${apt[@]}" download "${missing[@]}")
for deb in "$work"/debs/*.deb; do
  dpkg -x "$deb" "$work/root"
done
for package in "${missing[@]}"; do
  cp "$work/root/usr/bin/$package" "$DIR/bin/$package"
done
