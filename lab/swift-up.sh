#!/bin/bash
# OpenStack Swift on one node (memcached, account, container and object server, proxy), one replica, on 127.0.0.1.
# User test:tester, password testing; the container `registry` is there.
#   swift-up.sh DIR [PROXY_PORT [ACCOUNT_PORT [CONTAINER_PORT [OBJECT_PORT [MEMCACHED_PORT]]]]]
# DIR is a folder of its own, which is emptied; its file system needs extended attributes. 5 s, or a minute or two with the
# packages (380 MB). Stop it with swift-down.sh DIR.
set -euo pipefail

DIR=${1:?usage: swift-up.sh DIR [PROXY_PORT [ACCOUNT_PORT [CONTAINER_PORT [OBJECT_PORT [MEMCACHED_PORT]]]]]}
PROXY=${2:-8080}
declare -A PORT=([account]=${3:-6202} [container]=${4:-6201} [object]=${5:-6200})
MEMCACHED=${6:-11299}
URL=http://127.0.0.1:$PROXY
ETC=$DIR/etc

if ! command -v swift-proxy-server >/dev/null || ! command -v memcached >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends \
    swift-proxy swift-account swift-container swift-object memcached >/dev/null
fi

if [ -e "$DIR" ] && [ ! -d "$ETC" ] && [ -n "$(ls -A "$DIR")" ]; then
  echo "$DIR holds something that is not of this script" >&2
  exit 1
fi
rm -rf "$DIR"
mkdir -p "$DIR"/{etc,run,log,recon,srv/disk}
trap '[ $? = 0 ] || "$(dirname "$0")/swift-down.sh" "$DIR"' EXIT

# start NAME COMMAND...: in the background, its pid in run/p.NAME for swift-down.sh
start() {
  local name=$1
  shift
  setsid nohup "$@" >"$DIR/log/$name.out" 2>&1 &
  echo $! >"$DIR/run/p.$name"
}

# The servers read the file of the package, whatever their folder is. It has a hash prefix and one storage policy.
cp /etc/swift/swift.conf "$ETC"

# server NAME PORT: starts swift-NAME-server. The rest of its configuration comes from standard input.
server() {
  {
    cat <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
bind_timeout = 2
workers = 0
user = $(id -un)
swift_dir = $ETC
devices = $DIR/srv
mount_check = false
log_level = WARNING
CONF
    cat
  } >"$ETC/$1.conf"
  start "$1" "swift-$1-server" "$ETC/$1.conf"
}

for name in account container object; do
  ring=$ETC/$name.builder
  swift-ring-builder "$ring" create 8 1 0 >/dev/null
  swift-ring-builder "$ring" add --region 1 --zone 1 --ip 127.0.0.1 --port "${PORT[$name]}" --device disk --weight 1 >/dev/null
  swift-ring-builder "$ring" rebalance >/dev/null
done
start memcached memcached -u "$(id -un)" -l 127.0.0.1 -p "$MEMCACHED" -m 64
for name in account container object; do
  server $name "${PORT[$name]}" <<CONF
[pipeline:main]
pipeline = recon $name-server
[app:$name-server]
use = egg:swift#$name
[filter:recon]
use = egg:swift#recon
recon_cache_path = $DIR/recon
CONF
done
server proxy "$PROXY" <<CONF
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk tempurl tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$MEMCACHED
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin $URL/v1/AUTH_test
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
$(for name in catch_errors gatekeeper healthcheck listing_formats bulk tempurl copy slo dlo symlink; do
  echo "[filter:$name]"
  echo "use = egg:swift#$name"
done)
CONF

# all_run: whether every server still runs. One whose port is taken ends after 2 s.
all_run() {
  local file
  for file in "$DIR"/run/p.*; do
    kill -0 "$(cat "$file")" || return 1
  done
}

make_container() {
  local token
  token=$(curl -sfi -H 'X-Storage-User: test:tester' -H 'X-Storage-Pass: testing' "$URL/auth/v1.0" |
    tr -d '\r' | awk 'tolower($1) == "x-auth-token:" { print $2 }')
  curl -sf -X PUT -H "X-Auth-Token: $token" "$URL/v1/AUTH_test/registry"
}

UNTIL=$((SECONDS + 60))
until make_container >/dev/null 2>&1; do
  all_run 2>/dev/null && [ $SECONDS -lt $UNTIL ] || { echo "swift: does not serve at $URL; see $DIR/log" >&2; exit 1; }
  sleep 0.3
done
all_run || { echo "swift: a server has ended; see $DIR/log" >&2; exit 1; }
echo "swift: serves at $URL after $SECONDS s"
