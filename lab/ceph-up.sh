#!/bin/bash
# One Ceph node in memory (monitor, manager, OSD on memstore, RADOS Gateway) on 127.0.0.1, without authentication
# between its parts. S3 keys LABKEY/LABSECRET; Swift user lab:swift, key swiftsecret.
# A bucket is also at BUCKET.s3.lab.test, which no name server knows.
#   ceph-up.sh DIR [GATEWAY_PORT [MONITOR_PORT]]
# DIR is a folder of its own, which is emptied. 15 s, or 60 s with the packages (710 MB). Stop it with ceph-down.sh DIR.
set -euo pipefail

DIR=${1:?usage: ceph-up.sh DIR [GATEWAY_PORT [MONITOR_PORT]]}
GATEWAY=127.0.0.1:${2:-7480}
MONITOR=127.0.0.1:${3:-6789}
CONF=$DIR/ceph.conf

if ! command -v radosgw >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends ceph-mon ceph-mgr ceph-osd radosgw ceph-common >/dev/null
fi

if [ -e "$DIR" ] && [ ! -f "$CONF" ] && [ -n "$(ls -A "$DIR")" ]; then
  echo "$DIR holds something that is not of this script" >&2
  exit 1
fi
rm -rf "$DIR"
mkdir -p "$DIR"/{mon,mgr,osd,run,log}
trap '[ $? = 0 ] || "$(dirname "$0")/ceph-down.sh" "$DIR"' EXIT

# start NAME COMMAND...: in the background, its pid in run/p.NAME for ceph-down.sh
start() {
  local name=$1
  shift
  setsid nohup "$@" -c "$CONF" -f >"$DIR/log/$name.out" 2>&1 &
  echo $! >"$DIR/run/p.$name"
}

# until_true WHAT COMMAND...: tries every 0.3 s, 60 s at most
until_true() {
  local what=$1 until=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { echo "ceph: no $what after 60 s; see $DIR/log" >&2; return 1; }
    sleep 0.3
  done
  echo "ceph: $what after $SECONDS s"
}

FSID=$(cat /proc/sys/kernel/random/uuid)
cat >"$CONF" <<EOF
[global]
fsid = $FSID
mon_host = v1:$MONITOR/0
ms_bind_msgr2 = false
public_network = 127.0.0.0/8
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_supported = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
osd_class_load_list = *
osd_class_default_list = *
memstore_device_bytes = 2147483648
mon_warn_on_pool_no_redundancy = false
mon_allow_pool_size_one = true
run_dir = $DIR/run
crash_dir = $DIR/run
admin_socket = $DIR/run/\$name.asok
pid_file = $DIR/run/\$name.pid
log_file = $DIR/log/\$name.log
keyring = $DIR/keyring
[mon.a]
mon_data = $DIR/mon
mon_initial_members = a
[mgr.x]
mgr_data = $DIR/mgr
[osd.0]
osd_data = $DIR/osd
[client.rgw]
rgw_frontends = beast endpoint=$GATEWAY
rgw_enable_usage_log = false
rgw_dns_name = s3.lab.test
EOF
touch "$DIR/keyring"
export CEPH_CONF=$CONF

monmaptool --create --clobber --addv a "[v1:$MONITOR]" --fsid "$FSID" "$DIR/monmap" >/dev/null
ceph-mon -c "$CONF" -i a --mkfs --monmap "$DIR/monmap"
start mon ceph-mon -i a
until_true "monitor quorum" timeout 3 ceph -s

start mgr ceph-mgr -i x
OSD=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$OSD" 0 >/dev/null 2>&1
ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$OSD" >"$DIR/log/mkfs.out" 2>&1
# About one start in four speaks before it knows the cluster, is told "wrong fsid" and ends: then it is started again.
osd_is_up() {
  kill -0 "$(cat "$DIR/run/p.osd")" || start osd ceph-osd -i 0
  ceph osd stat | grep -q '1 up'
}
start osd ceph-osd -i 0
until_true "OSD" osd_is_up

start rgw radosgw -n client.rgw
until_true "gateway at http://$GATEWAY" curl -s "http://$GATEWAY/"
radosgw-admin user create --uid=lab --display-name=lab \
  --access-key=LABKEY --secret-key=LABSECRET >"$DIR/user.json" 2>"$DIR/log/user.err"
radosgw-admin subuser create --uid=lab --subuser=lab:swift \
  --access=full --secret-key=swiftsecret --key-type=swift >/dev/null 2>&1
