#!/bin/sh
# serai-entrypoint prepare | serai-entrypoint INSTANCE APP [PROGRAM]: runs the preparation, or one app (its program "main") with the settings that it wrote.
set -eu
if [ "$1" = prepare ]; then
  exec node --enable-source-maps dist/deploy/local/src/compose-prepare.js
fi
set -a
. "/var/lib/serai/env/$1.env"
set +a
if [ -z "${3:-}" ] && [ -f "dist/apps/$2/src/migrate.js" ]; then
  node --enable-source-maps "dist/apps/$2/src/migrate.js"
fi
exec node --enable-source-maps "dist/apps/$2/src/${3:-main}.js"
