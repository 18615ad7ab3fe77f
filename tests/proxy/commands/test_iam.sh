#!/bin/sh
# The exit statuses and streams of `ssmgate import-iam` and `export-iam` (docs/iam.md).
# usage: test_iam.sh SSMGATE GOLDEN-FOLDER
set -u
ssmgate=$1
golden=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

fail() {
  echo "FAILED: $*"
  cat out err
  failures=$((failures + 1))
}

# want STATUS COMMAND…
want() {
  status=$1
  shift
  "$ssmgate" "$@" > out 2> err
  got=$?
  [ "$got" -eq "$status" ] || fail "ssmgate $* exited with $got instead of $status"
}

want 0 import-iam "$golden/article-1-remote-host.json"
cmp -s out "$golden/article-1-remote-host.yaml" || fail "another policy file"
grep -q '^.*/article-1-remote-host.json:4:5: warning: ' err || fail "no warning with its place"
cp out imported.yaml
want 0 check imported.yaml
want 1 import-iam "$golden/article-3-account-trap.json"
want 1 import-iam --scp "$golden/allow-all-deny-some.json"
grep -q '^allow: \[\]$' out || fail "an SCP grants"
want 2 import-iam "$golden/faults.json"
[ ! -s out ] || fail "a policy file beside errors"
want 2 import-iam missing.json
grep -q 'name the file of an IAM policy' err || fail "a hint for another kind of file"
if [ -c /dev/full ]; then
  "$ssmgate" import-iam "$golden/article-3-account-trap.json" > /dev/full 2> err
  [ $? -eq 2 ] || fail "losses say that what could not be written was"
fi
want 2 import-iam

want 1 export-iam --comments lost.txt "$golden/export/contract.yaml"
cmp -s out "$golden/export/contract.json" || fail "another IAM policy"
grep -q 'contract.yaml:7:5: warning: .*`hosts`' lost.txt || fail "no comments"
want 1 export-iam --comments lost.txt "$golden/export/contract.yaml"
cp "$golden/export/contract.yaml" own.yaml
want 2 export-iam --comments own.yaml own.yaml
cmp -s own.yaml "$golden/export/contract.yaml" || fail "the policy is overwritten"
grep -q 'own.yaml is there already' err || fail "no word of what is in the way"
[ ! -s out ] || fail "an IAM policy beside an error"
printf '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}' > s3.json
want 0 import-iam s3.json
grep -q '^    - "\*"$' out || fail "other operations are let through"
grep -q 'allows nothing of Systems Manager' err || fail "no warning that nothing is allowed"
cp out nothing.yaml
want 0 check nothing.yaml
want 0 export-iam --egress 203.0.113.7 "$golden/export/nothing.yaml"
want 0 export-iam --partition aws-us-gov "$golden/export/whole.yaml"
grep -q '"arn:aws-us-gov:ec2:' out || fail "another partition"
want 2 export-iam --egress here "$golden/export/whole.yaml"
want 2 export-iam --partition mars "$golden/export/whole.yaml"
want 2 export-iam --comments . "$golden/export/whole.yaml"
want 2 export-iam "$golden/export/faults.yaml"
[ "$failures" -eq 0 ]
