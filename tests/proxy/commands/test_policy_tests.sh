#!/bin/sh
# The exit statuses and streams of `ssmgate test`, and coverage over several files of one policy.
# usage: test_policy_tests.sh SSMGATE PYTHON3
set -u
ssmgate=$1
python3=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

failed() {
  echo "FAILED: $1"
  failures=$((failures + 1))
}

# want STATUS STDOUT-PATTERN STDERR-PATTERN ARGUMENT…; the empty pattern asks for nothing.
want() {
  status=$1 out_pattern=$2 err_pattern=$3
  shift 3
  "$ssmgate" test "$@" > out 2> err
  got=$?
  if [ "$got" -ne "$status" ] || { [ -n "$out_pattern" ] && ! grep -q -e "$out_pattern" out; } ||
    { [ -n "$err_pattern" ] && ! grep -q -e "$err_pattern" err; }; then
    failed "ssmgate test $* exited with $got instead of $status, or said something else:"
    cat out err
  fi
}

mkdir sub
cat > policy.yaml <<'POLICY'
version: 1
allow:
  - {id: shell, documents: [SSM-SessionManagerRunShell]}
  - {id: ssh, documents: [AWS-StartSSHSession], ports: 22}
POLICY
cat > shell.yaml <<'TEST'
policy: policy.yaml
cases:
  - {name: a shell, request: {Target: i-0123456789abcdef0}, expect: allow, rule: shell}
TEST
cat > sub/ssh.yaml <<'TEST'
policy: ../policy.yaml
cases:
  - name: SSH
    request: {Target: i-0123456789abcdef0, DocumentName: AWS-StartSSHSession}
    expect: allow
TEST
cat > wrong.yaml <<'TEST'
policy: ./policy.yaml
cases:
  - {name: "no <shell> & \x1B[31m\uFFFF\uFFFE", request: {Target: i-0123456789abcdef0}, expect: deny}
TEST
printf 'policy: absent-policy.yaml\ncases: [{name: a, request: {Target: x}, expect: deny}]\n' > lost.yaml
printf 'policy: bad-policy.yaml\ncases: [{name: a, request: {Target: x}, expect: deny}]\n' > ill.yaml
printf 'version: 1\nalow: []\n' > bad-policy.yaml
printf 'cases: [{expect: deny}]\n' > broken.yaml

want 0 '^policy.yaml:4:5: warning: no case exercised the allow rule `ssh`; ' '' shell.yaml
[ -s err ] && failed "a report goes to standard output alone"
want 1 '^policy.yaml:4:5: error: no case exercised' '' --strict shell.yaml
want 0 '^2 cases in 2 files: 2 as expected, 0 not$' '' --strict shell.yaml sub/ssh.yaml
grep -q 'no case exercised the' out && failed "two files of one policy exercise it together"
want 1 '^wrong.yaml:3:5: error: case `no <shell> & \\u001b' '' shell.yaml wrong.yaml
grep -q "$(printf '\033')" out && failed "an escape sequence reaches the terminal"
want 1 '^not ok 2 - ' '' --format tap shell.yaml wrong.yaml
[ "$(head -n 2 out | tr '\n' '|')" = 'TAP version 13|1..2|' ] || failed "the head of TAP"
for strict in '' --strict; do
  want 1 '<failure' '' --format junit $strict shell.yaml wrong.yaml
  "$python3" - out <<'PYTHON' || failed "JUnit's counts"
import sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites"
for node in [root, *root]:
    assert int(node.get("tests")) == len(list(node.iter("testcase"))), node.get("name")
    assert int(node.get("failures")) == len(list(node.iter("failure"))), node.get("name")
PYTHON
done
want 2 '' '^broken.yaml:1:1: error: missing `policy`' shell.yaml broken.yaml wrong.yaml
[ -s out ] && failed "nothing is run when a file cannot be read"
want 2 '' '^bad-policy.yaml:2:1: error: unknown key `alow`' ill.yaml
want 2 '' '^lost.yaml:1:9: error: the policy `absent-policy.yaml` cannot be used' lost.yaml
want 2 '' 'cannot read absent.yaml: .*policy-test file' absent.yaml
want 2 '' 'cannot read' sub
want 2 '' 'FILE'
want 2 '' 'format' --format html shell.yaml

[ "$failures" -eq 0 ] || exit 1
echo "test does as the contract says"
