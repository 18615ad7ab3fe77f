#!/bin/sh
# The exit statuses and streams of `ssmgate diff`, and that its witnesses are what `eval` takes.
# usage: test_diff.sh SSMGATE
set -u
ssmgate=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
PATH=$(dirname "$ssmgate"):$PATH
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# want STATUS STDOUT-PATTERN STDERR-PATTERN ARGUMENTS…
want() {
  status=$1 out_pattern=$2 err_pattern=$3
  shift 3
  "$ssmgate" "$@" > out 2> err
  got=$?
  [ "$got" -eq "$status" ] || fail "ssmgate $* exited with $got instead of $status"
  [ -z "$out_pattern" ] || grep -q -e "$out_pattern" out || { fail "ssmgate $* did not print $out_pattern"; cat out; }
  [ -z "$err_pattern" ] || grep -q -e "$err_pattern" err || { fail "no $err_pattern"; cat err; }
}

cat > old.yaml <<'POLICY'
version: 1
allow:
  - {id: run, documents: [Team-Run], parameters: {unit: ["web-*"]}, users: [ann]}
POLICY
cat > "it's new.yaml" <<'POLICY'
version: 1
allow:
  - {id: run, documents: [Team-Run], parameters: {unit: ["web-*", "'$(id)\\\"*", "-*"]}, users: [ann, bob]}
POLICY
printf 'version: 1\nalow: []\n' > bad.yaml

want 0 'grants nothing' '' diff old.yaml old.yaml
want 0 '"granted": \[\]' '' diff --json old.yaml old.yaml
want 1 'wider `users`' '' diff old.yaml "it's new.yaml"
want 0 'no longer granted' '' diff "it's new.yaml" old.yaml
want 2 '' 'unknown key' diff old.yaml bad.yaml
want 2 '' 'cannot read' diff absent.yaml old.yaml
want 2 '' 'NEW' diff old.yaml

# Every line for a shell does what it says, in a shell.
"$ssmgate" diff old.yaml "it's new.yaml" | grep -e '^ *printf' > lines
[ "$(wc -l < lines)" -eq 3 ] || { fail "three witnesses"; cat lines; }
while read -r line; do
  sh -c "$line" > out 2> err || { fail "$line"; cat out err; }
  grep -q '^allow' out || fail "no allow: $line"
done < lines

# Every witness in JSON is a line of a batch.
"$ssmgate" diff --json old.yaml "it's new.yaml" | python3 -c '
import json, sys
for change in json.load(sys.stdin)["granted"]:
    for witness in [change["witness"]] + [entry["witness"] for entry in change["entries"]]:
        print(json.dumps(witness))' > cases
"$ssmgate" eval --policy "it's new.yaml" --batch < cases > out || fail "batch: $(cat out)"
[ "$(grep -c '"decision": "allow"' out)" -eq 4 ] || { fail "four witnesses"; cat out; }
"$ssmgate" eval --policy old.yaml --batch < cases > out || fail "batch: $(cat out)"
[ "$(grep -c '"effect": "refuse"' out)" -eq 4 ] || { fail "four refusals"; cat out; }

[ "$failures" -eq 0 ] || exit 1
echo "diff does as the contract says"
