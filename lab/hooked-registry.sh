#!/bin/sh
# Hooks of a registry that runs on this machine: hooked-registry.sh FOLDER readOnlyOn|readOnlyOff|collect|flushCache|stop
# A file FOLDER/fail-HOOK lets the hook fail, FOLDER/hang-HOOK lets it hang before it does anything, FOLDER/slow-HOOK lets it
# take the time that the file says, in seconds.
set -eu
folder=$1 hook=$2
cd "$folder"
echo "$hook" >>hooks.log
[ ! -e "hang-$hook" ] || sleep 1000
[ ! -e "slow-$hook" ] || sleep "$(cat "slow-$hook")"
if [ -e "fail-$hook" ]; then
  echo "the hook $hook fails, as it was told" >&2
  exit 3
fi
stop() {
  if [ -e pid ]; then
    kill "$(cat pid)" 2>/dev/null || true
    while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done
  fi
}
start() {
  stop
  # The s3 driver of 2.8 panics if AWS_CA_BUNDLE is set.
  env -u AWS_CA_BUNDLE setsid docker-registry serve "$1" </dev/null >>registry.log 2>&1 &
  echo $! >pid
}
case $hook in
  readOnlyOn) start read-only.yml ;;
  readOnlyOff) start config.yml ;;
  collect) docker-registry garbage-collect config.yml ;;
  flushCache) echo flushed ;;
  stop) stop ;;
esac
