"""What the tests of `ssmgate doctor` share: a gateway, a shell that is right, and how what is found
is judged.
"""

import json
import os
import unittest

from clients import ALICE, aws_environment, run
from servers import free_port
from world import World, program

# A policy of which `check` warns nothing.
QUIET = """\
version: 1
allow:
  - {id: shell, documents: [SSM-SessionManagerRunShell]}
"""


class Broken(unittest.TestCase):
    policy = QUIET
    changes = {}

    @classmethod
    def setUpClass(cls):
        cls.world = World(policy=cls.policy, listen=[{"address": f"127.0.0.1:{free_port()}"}],
                          **cls.changes)
        cls.addClassCleanup(cls.world.close)

    def shell(self, **more):
        """A developer's shell that is all right; a variable that is None is taken out."""
        made = aws_environment(self.world, ALICE, "recording",
                               SSMGATE_CONFIG=str(self.world.gateway.config_file))
        made["PATH"] = f"{os.path.dirname(program())}{os.pathsep}{made['PATH']}"
        for name, value in more.items():
            made.pop(name, None) if value is None else made.update({name: value})
        return made

    def doctor(self, *words, environment=None, **more):
        environment = environment or self.shell(**more)
        result = run([program(), "doctor", "--json", *words], environment,
                     cwd=self.world.folder)
        self.assertIn(result.status, (0, 1, 2), result.err)
        found = result.json
        wrong = {each["level"] for each in found["findings"]}
        self.assertEqual(result.status, 2 if "problem" in wrong else 1 if "warning" in wrong else 0)
        return {each["id"]: each for each in found["findings"]
                if each["level"] != "ok"}, result

    def assert_found(self, *ids, words=(), **more):
        """Exactly these are wrong; the first one's line, typed in a shell, mends them all."""
        found, _ = self.doctor(*words, **more)
        self.assertEqual(set(found), set(ids), found)
        return found[ids[0]]

    def assert_mended(self, *ids, **more):
        line = self.assert_found(*ids, **more)["mend"]
        shell = self.shell(**more)
        script = f"{line}\nexec ssmgate doctor --json"
        done = run(["bash", "-c", script], shell, cwd=self.world.folder)
        wrong = [each for each in json.loads(done.out)["findings"] if each["level"] != "ok"]
        self.assertEqual(wrong, [], done.err)
