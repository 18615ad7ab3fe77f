"""The policies of conf/policies do what their tests say, every rule of them, and `check` likes them."""

import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "conf" / "policies"
TESTS = sorted(FOLDER.glob("*.test.yaml"))
POLICIES = sorted(set(FOLDER.glob("*.yaml")) - set(TESTS))

# Warnings that the files speak of themselves. Those about time come by themselves, one day.
PAST = r"`expires` is in the past, so the rule never matches; "
MEANT = {
    "break-glass.yaml": [PAST],
    "contractor.yaml": [PAST, r"the policy allows nothing: "],
}


def ssmgate(*arguments):
    return subprocess.run([os.environ["SSMGATE"], *arguments], cwd=ROOT, capture_output=True,
                          text=True, timeout=60, check=False)


class Policies(unittest.TestCase):
    def test_all_cases_and_all_rules(self):
        done = ssmgate("test", "--strict", *(str(path.relative_to(ROOT)) for path in TESTS))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def test_every_policy_has_a_test(self):
        self.assertGreaterEqual(len(POLICIES), 6)
        self.assertEqual([path.name for path in TESTS],
                         [path.with_suffix(".test.yaml").name for path in POLICIES])

    def test_check_warns_of_nothing_that_is_not_meant(self):
        for path in POLICIES:
            with self.subTest(policy=path.name):
                done = ssmgate("check", str(path.relative_to(ROOT)))
                self.assertEqual(done.returncode, 0, done.stderr)
                for line in done.stderr.splitlines():
                    meant = any(re.search(": warning: " + pattern, line)
                                for pattern in MEANT.get(path.name, []))
                    self.assertTrue(meant, line)

    def test_editors_find_the_schema(self):
        kinds = {path: "../schema/policy" for path in POLICIES}
        kinds.update({path: "../schema/policy-test" for path in TESTS})
        kinds[ROOT / "conf" / "ssmgate.yaml"] = "schema/config"
        for path, kind in kinds.items():
            with self.subTest(file=path.name):
                first = path.read_text("utf-8").splitlines()[0]
                self.assertEqual(first, f"# yaml-language-server: $schema={kind}.schema.json")
                self.assertTrue((path.parent / first.split("=", 1)[1]).is_file())


if __name__ == "__main__":
    unittest.main()
