#!/bin/bash
# Stops what ceph-up.sh DIR started, by the pids it wrote. SIGKILL: the data is in memory, and asked politely it takes 20 s.
DIR=${1:?usage: ceph-down.sh DIR}

for file in "$DIR"/run/p.*; do
  [ -f "$file" ] || continue
  kill -KILL "$(cat "$file")" 2>/dev/null
  rm -f "$file"
done
exit 0
