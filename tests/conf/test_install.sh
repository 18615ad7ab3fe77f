#!/bin/sh
# What `cmake --install` puts where, and that it is whole. Arguments: cmake, the build's folder.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
env DESTDIR="$folder" "$1" --install "$2" --prefix /opt/gate >/dev/null
cd "$folder/opt/gate"
version=$(bin/ssmgate --version)
[ "${version#ssmgate }" != "$version" ] || { echo "no version: $version" >&2; exit 1; }
for file in share/man/man1/ssmgate.1 share/man/man1/ssmgate-doctor.1 share/man/man1/ssmgate-ca.1 \
  share/man/man5/ssmgate.yaml.5 share/man/man5/ssmgate-policy.5 \
  share/bash-completion/completions/ssmgate share/zsh/site-functions/_ssmgate \
  share/fish/vendor_completions.d/ssmgate.fish lib/systemd/system/ssmgate.service \
  lib/systemd/system/ssmgate.socket lib/sysusers.d/ssmgate.conf \
  share/ssmgate/schema/config.schema.json share/doc/ssmgate/examples/ssmgate.yaml \
  share/doc/ssmgate/examples/policies/shell-only.yaml share/doc/ssmgate/docs/configuration.md \
  share/doc/ssmgate/examples/prometheus/alerts.yaml share/doc/ssmgate/examples/grafana/ssmgate.json; do
  [ -s "$file" ] || { echo "missing: $file" >&2; exit 1; }
done
# One page for each command that there is.
bin/ssmgate --help | sed -n '/^Subcommands:/,$s/^  \([a-z-]*\) .*/\1/p' | while read -r command; do
  [ -s "share/man/man1/ssmgate-$command.1" ] || { echo "no page: $command" >&2; exit 1; }
done
grep -q '^ExecStart=/opt/gate/bin/ssmgate serve' lib/systemd/system/ssmgate.service
head -n 1 share/zsh/site-functions/_ssmgate | grep -qx '#compdef ssmgate'
