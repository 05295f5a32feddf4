#!/bin/bash
# Stops what swift-up.sh DIR started, by the pids it wrote.
DIR=${1:?usage: swift-down.sh DIR}

for file in "$DIR"/run/p.*; do
  [ -f "$file" ] || continue
  kill -KILL "$(cat "$file")" 2>/dev/null
  rm -f "$file"
done
exit 0
