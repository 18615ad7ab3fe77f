#!/bin/sh
# The exit statuses and streams of `ssmgate eval` and `ssmgate check` (docs/policy.md, "The tools").
# usage: test_eval_and_check.sh SSMGATE
set -u
ssmgate=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# says FILE PATTERN: a line of the file matches; the empty pattern asks for nothing.
says() {
  [ -z "$2" ] || grep -q -e "$2" "$1"
}

# want STATUS STDOUT-PATTERN STDERR-PATTERN COMMAND…, with the input in the file `in`
want() {
  status=$1 out_pattern=$2 err_pattern=$3
  shift 3
  "$ssmgate" "$@" < in > out 2> err
  got=$?
  if [ "$got" -ne "$status" ] || ! says out "$out_pattern" || ! says err "$err_pattern"; then
    echo "FAILED: ssmgate $* exited with $got instead of $status, or said something else:"
    cat out err
    failures=$((failures + 1))
  fi
}

# silent FILE: the last command wrote nothing there.
silent() {
  if [ -s "$1" ]; then
    echo "FAILED: $1 is not empty:"
    cat "$1"
    failures=$((failures + 1))
  fi
}

cat > good.yaml <<'POLICY'
version: 1
allow:
  - {id: shell, users: alice, documents: [SSM-SessionManagerRunShell]}
POLICY
cat > warned.yaml <<'POLICY'
version: 1
groups: {unused: [a]}
allow:
  - {id: shell, users: alice, documents: [SSM-SessionManagerRunShell]}
POLICY
printf 'version: 1\nalow: []\nallow: [{documents: Doc}]\n' > bad.yaml
shell='{"Target": "i-0123456789abcdef0"}'

echo "$shell" > in
want 0 '^allow (allowed)$' '' eval --policy good.yaml --user alice
silent err
want 0 '"rule": "shell"' '' eval --policy good.yaml --user alice --json
want 1 '^deny (no-rule)$' '' eval --policy good.yaml --user bob
want 1 '"effect": "refuse"' '' eval --policy good.yaml --json
want 3 '' '^bad.yaml:2:1: error: unknown key `alow`.*`allow`' eval --policy bad.yaml
want 3 '' '^bad.yaml:3:9: error: a rule needs an `id`' eval --policy bad.yaml
silent out
want 3 '' 'cannot read absent.yaml' eval --policy absent.yaml
want 3 '' 'policy' eval
want 3 '' 'nonsense' eval --policy good.yaml --nonsense
want 3 '' 'no AWS account' eval --policy good.yaml --account 12
want 3 '' 'is not a time' eval --policy good.yaml --at tomorrow
want 3 '' 'no address' eval --policy good.yaml --client localhost
want 3 '' 'carries 609629065308' eval --policy good.yaml --account 111122223333 \
  --access-key ASIAY34FZKBOKMUTVV7A
want 0 '^allow (allowed)$' '' eval --policy good.yaml --user alice -- aws ssm start-session --target i-0123456789abcdef0
silent err
want 1 '"decision": "deny"' '' eval --json --policy good.yaml -- aws ssm start-session --target=i-0123456789abcdef0
want 2 '^malformed (target)$' '' eval --policy good.yaml -- aws ssm start-session --target web-1
want 2 '^malformed (unknown-parameter)$' '' eval --policy good.yaml -- aws ssm start-session \
  --target i-0123456789abcdef0 --document-name AWS-StartSSHSession --parameters 'host=[a]'
want 3 '' 'belongs to no option' eval --policy good.yaml -- aws ssm start-session --target a b
silent out
want 3 '' 'there is no command behind' eval --policy good.yaml --
want 3 '' '`aws ecs` opens' eval --policy good.yaml -- aws ecs execute-command
want 3 '' '`--region` of ssmgate is `us-east-1`, but' eval --policy good.yaml --region us-east-1 -- \
  aws ssm start-session --target i-0123456789abcdef0 --region us-east-2
want 3 '' 'leave out the options' eval --policy good.yaml --batch -- aws ssm start-session --target a
want 3 '' 'needs a command' eval --policy good.yaml --print-request
want 0 '^{"Target": "web-1"}$' '' eval --policy good.yaml --print-request -- aws ssm start-session --target web-1
printf '{"Target": "x"' > in
want 2 '^malformed (json)$' '' eval --policy good.yaml --user alice
: > in
want 2 '^malformed (json)$' '^ssmgate: warning: no body on standard input; pipe one, or write a command behind `--`$' eval --policy good.yaml --user alice
want 3 '' '^ssmgate: `aws` needs `--` before it: `ssmgate eval --policy FILE -- aws …`' \
  eval --policy good.yaml aws ssm start-session --target i-0123456789abcdef0
want 2 '' '^ssmgate: warning: `tokyo` is no region that ssmgate knows; see that AWS has it$' eval --policy good.yaml --region tokyo -- aws ssm start-session --target a
want 2 '' '`us-east1` is no region that ssmgate knows; did you mean `us-east-1`?$' eval --policy good.yaml -- aws ssm start-session --target a --region us-east1

printf '%s\n%s\n%s' "{\"body\": $shell, \"user\": \"alice\"}" "{\"body\": $shell}" \
  "{\"body\": \"x\"}" > in
want 0 '' '' eval --policy good.yaml --batch
[ "$(grep -c '^{"decision": "' out)" -eq 3 ] || { echo "FAILED: three answers"; failures=$((failures + 1)); }
printf '%s\nnonsense\n%s\n' "{\"body\": $shell}" "{\"body\": $shell}" > in
want 3 '^{"error": "' '' eval --policy good.yaml --batch
[ "$(sed -n '2s/^{"error": ".*/error/p' out)" = error ] && [ "$(wc -l < out)" -eq 3 ] ||
  { echo "FAILED: the error in its place"; failures=$((failures + 1)); }
want 3 '' 'leave out the options' eval --policy good.yaml --batch --user alice
: > in
want 0 '' '' eval --policy good.yaml --batch
silent out

want 0 '' '' check good.yaml
silent err
want 0 '' '' check --strict good.yaml
want 0 '' '^warned.yaml:2:10: warning: ' check warned.yaml
want 1 '' '^warned.yaml:2:10: warning: ' check --strict warned.yaml good.yaml
want 2 '' '^bad.yaml:2:1: error: ' check warned.yaml bad.yaml
want 2 '' 'cannot read' check good.yaml absent.yaml
want 2 '' 'cannot read' check .
want 0 '^  unused: \[a\]$' '^warned.yaml:2:10: warning: ' check --print warned.yaml
want 1 '^  - id: shell$' '' check --print --strict warned.yaml
want 2 '' '^bad.yaml:2:1: error: ' check --print bad.yaml
silent out
want 2 '' 'takes one policy file' check --print good.yaml warned.yaml

want 2 '' '^ssmgate: no command `chek`; did you mean `check`?$' chek good.yaml
want 2 '' '^ssmgate: no command `foo`; see `ssmgate --help`$' foo --help
want 2 '' '^ssmgate: no command `tcsh` of `completion`; it has `bash`, `zsh`, `fish`; see' completion tcsh
want 2 '' "^ssmgate: the session's ID is missing; " sessions kill

printf 'listen: [{address: "127.0.0.1:0"}]\n' > ssmgate.yaml
want 2 '' '^ssmgate: ssmgate.yaml looks like a configuration; ' check ssmgate.yaml
printf 'policy: good.yaml\ncases: [{name: a, expect: deny, body: ""}]\n' > a.test.yaml
want 2 '' '^ssmgate: a.test.yaml looks like a policy test; try `ssmgate test a.test.yaml`$' check a.test.yaml
want 2 '' '^ssmgate: good.yaml looks like a policy; try `ssmgate check good.yaml`$' test good.yaml
want 2 '' '^ssmgate: good.yaml looks like a policy; ' import-iam good.yaml
printf '{"Version": "2012-10-17", "Statement": []}\n' > iam.json
want 2 '' '^ssmgate: iam.json looks like an IAM policy; try `ssmgate import-iam iam.json`$' export-iam iam.json
want 2 '' '`Statement` is empty' import-iam iam.json
mkdir folder
want 2 '' 'is a folder; name a file in it: --config folder/ssmgate.yaml$' init --config folder
[ -z "$(ls folder)" ] || { echo "FAILED: init wrote before it looked"; failures=$((failures + 1)); }
want 2 '' '^ssmgate: a command is missing; see `ssmgate --help`$'
want 2 '' '^ssmgate: unexpected argument: more; see `ssmgate diff --help`$' diff good.yaml good.yaml more

# full STATUS COMMAND…: output that is lost is said, once, whatever the command found.
full() {
  status=$1
  shift
  echo '{"Target": "i-0123456789abcdef0"}' | "$ssmgate" "$@" > /dev/full 2> err
  got=$?
  if [ "$got" -ne "$status" ] || [ "$(grep -c 'cannot write to standard output' err)" -ne 1 ]; then
    echo "FAILED: ssmgate $* with a full disk exited with $got instead of $status, or said something else:"
    cat err
    failures=$((failures + 1))
  fi
}
if [ -c /dev/full ]; then
  full 3 eval --policy good.yaml
  full 3 eval --policy good.yaml --batch
  full 3 eval --policy good.yaml --print-request -- aws ssm start-session --target i-0123456789abcdef0 --region us-east-1
  full 2 check --print good.yaml
  full 2 diff good.yaml good.yaml
  full 2 --version
fi

[ "$failures" -eq 0 ] || exit 1
echo "eval and check do as the contract says"
