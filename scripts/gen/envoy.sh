#!/bin/sh
# Makes gen/envoy.binpb and gen/envoy/ from the descriptors in the Go module pinned in envoy-descriptors/go.mod.
# Needs Go; everything else comes from node_modules.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
PATH="$root/node_modules/.bin:$PATH"
for own in "$root"/node_modules/node-linux-*/bin; do
  if "$own/node" --version > /dev/null 2>&1; then PATH="$own:$PATH"; fi
done

trap 'rm -f "$root/gen/envoy.binpb.new"' EXIT
(cd envoy-descriptors && go run .) > "$root/gen/envoy.binpb.new"
mv "$root/gen/envoy.binpb.new" "$root/gen/envoy.binpb"
rm -rf "$root/gen/envoy"
buf generate
# The well-known types come with @bufbuild/protobuf/wkt; nothing imports these copies.
rm -rf "$root/gen/envoy/google/protobuf"
node strip-comments.mjs "$root/gen/envoy"
