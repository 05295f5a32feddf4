#!/bin/sh
# Compiles Tallyman to JavaScript in dist/: Node refuses to run TypeScript below node_modules. Each source file becomes one
# file at the same path, so stack traces and relative paths stay true.
set -eu
cd "$(dirname "$0")/.."

rm -rf dist
tsc --project tsconfig.build.json
# Lua scripts are read at run time, from beside the file that uses them.
find src -name '*.lua' | while read -r script; do
  mkdir -p "dist/${script%/*}"
  cp "$script" "dist/$script"
done
# The dashboard.
sh scripts/web.sh
cp -R web/dist dist/web
rm dist/web/.made-of
# A start without a configuration names it. Its first line says where the schema is.
sed 's|\$schema=\./schema|$schema=../schema|' tallyman.example.yaml >dist/tallyman.example.yaml
