"""A `state` folder whose disk is full: it is known, nothing is asked of AWS meanwhile, and it passes."""

import json
import pathlib
import tempfile
import unittest

from clients import ALICE, TARGET
from raw import exchange, signed
from test_admin import ask, ssmgate
from test_audit_trouble import SmallDisk, sessions_arrived, start_session
from waiting import wait_for
from world import World


class FullState(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        disk = SmallDisk(pathlib.Path(folder.name) / "disk")
        self.addCleanup(disk.close)
        if not disk.mounted:
            self.skipTest("no file system can be mounted here")
        self.state, self.ballast = disk.folder / "state", disk.folder / "ballast"
        self.world = World(state=str(self.state))
        self.addCleanup(self.world.close)
        # Where test_admin looks for it.
        (self.world.gateway.folder / "state").symlink_to(self.state)

    def fill(self):
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"x" * 512):
                    pass
            except OSError:
                pass

    def ready(self):
        return ask(self.world.gateway, "GET", "/readyz")[:2]

    def is_ready(self):
        return self.ready()[0] == 200

    def status(self):
        result = ssmgate(self.world, "status", "--json")
        return result.status, json.loads(result.out)["problems"]

    def doctor(self):
        result = ssmgate(self.world, "doctor", "--json", "--only", "state,files")
        return {each["id"]: each for each in json.loads(result.out)["findings"]
                if each["level"] != "ok"}

    def assert_refused_unasked(self):
        session = {"StartSession": {"Target": TARGET},
                   "ResumeSession": {"SessionId": self.session_id}}
        for operation, body in session.items():
            before = len(self.world.stand_in.records("request", operation))
            answer = exchange(self.world, signed(ALICE, operation, body))
            self.assertEqual(answer.status, 400)
            self.assertIn("audit-unavailable", answer.json["message"])
            self.assertIn("sessions cannot be stored just now", answer.json["message"])
            self.assertIn("`state`", answer.json["message"])
            self.assertEqual(len(self.world.stand_in.records("request", operation)), before)
            line = self.world.gateway.audit("decision")[-1]
            self.assertEqual((line["operation"], line["decision"], line["code"]),
                             (operation, "deny", "audit-unavailable"))

    def test_it_is_known_before_the_first_session_and_passes_by_itself(self):
        self.assertTrue(self.is_ready())
        answer = start_session(self.world)
        self.assertEqual(answer.status, 200)
        self.session_id = answer.json["SessionId"]
        self.fill()
        wait_for(lambda: not self.is_ready(), "the full disk to be known")
        check = json.loads(self.ready()[1])["checks"]["sessions"]
        self.assertRegex(check, r"cannot write the session store `.*disk is full; since 20")
        status, problems = self.status()
        self.assertEqual((status, len(problems)), (1, 1), problems)
        self.assertTrue(problems[0].startswith("sessions: cannot write"), problems)
        for _ in range(3):
            self.assert_refused_unasked()
        self.assertEqual(len(sessions_arrived(self.world)), 1)
        request = signed(ALICE, "DescribeInstanceInformation", {})
        self.assertEqual(exchange(self.world, request).status, 200)
        self.assertFalse(self.is_ready())
        self.ballast.unlink()
        # Without a request that comes.
        wait_for(self.is_ready, "the store to be tried again")
        self.assertEqual(self.status(), (0, []))
        self.assertEqual(start_session(self.world).status, 200)
        log = self.world.gateway.log.text
        self.assertEqual(log.count("no session is opened until it can be written"), 1, log)
        self.assertEqual(log.count("the session store is written again"), 1, log)

    def test_doctor_finds_it_and_leaves_no_trace(self):
        names = sorted(self.state.iterdir())
        # 256 KiB are little to begin with.
        self.assertEqual(list(self.doctor()), ["state.room"])
        self.fill()
        found = self.doctor()
        self.assertEqual(list(found), ["state.full"])
        self.assertEqual(found["state.full"]["level"], "problem")
        self.assertEqual(found["state.full"]["mend"], f"df -h {self.state}")
        self.assertEqual(sorted(self.state.iterdir()), names)


if __name__ == "__main__":
    unittest.main()
