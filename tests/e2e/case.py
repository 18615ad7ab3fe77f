"""What the end-to-end test classes share: one world for a class, and how results are judged."""

import hashlib
import json
import unittest

from record_schema import assert_record
from world import POLICY, World


def assert_chain(test, data):
    """Every line of an audit file is a record, with the hash of the one before and the next number."""
    test.assertTrue(data.endswith(b"\n"))
    before, sequence = None, None
    for line in data.split(b"\n")[:-1]:
        record = json.loads(line)
        assert_record(test, record)
        if before is None:
            test.assertNotIn("prev", record)
        else:
            test.assertEqual(record["prev"], hashlib.sha256(before).hexdigest())
            test.assertEqual(record["seq"], sequence + 1)
        before, sequence = line, record["seq"]


class EndToEnd(unittest.TestCase):
    """`policy` and `changes` (top-level configuration keys) may be replaced by a class."""

    policy = POLICY
    changes = {}

    @classmethod
    def setUpClass(cls):
        cls.world = World(policy=cls.policy, **cls.changes)
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.mark()

    def mark(self):
        """From here on `reached` and `decisions` count."""
        self._records = len(self.world.stand_in.records())
        self._decisions = len(self.decisions(everything=True))

    def reached(self, operation=None):
        """The requests that reached the stand-in during this test."""
        new = self.world.stand_in.records()[self._records:]
        return [record for record in new if record["kind"] == "request"
                and operation in (None, record["operation"])]

    def decisions(self, operation=None, everything=False):
        """The decision lines that the gateway has written during this test."""
        audit = getattr(self.world.gateway, "audit", None)
        if audit is None:
            return []
        new = audit("decision")[0 if everything else self._decisions:]
        return [line for line in new if operation in (None, line.get("operation"))]

    def assert_relayed(self, operation, count=1):
        """So many requests arrived, and every one with a signature that holds."""
        found = self.reached(operation)
        self.assertEqual(len(found), count, f"requests for {operation} that arrived")
        for record in found:
            self.assertEqual(record["signature"], "ok")
        return found[-1]

    def assert_nothing_reached(self):
        new = self.world.stand_in.records()[self._records:]
        arrived = [record.get("operation") or record["kind"] for record in new
                   if record["kind"] in ("request", "bad-request")]
        self.assertEqual(arrived, [], "what arrived though it was to be refused")

    def assert_refused(self, code, operation="StartSession"):
        """Nothing arrived, and there is one decision line, with this code."""
        self.assert_nothing_reached()
        lines = [line for line in self.decisions() if line.get("operation") in (operation, None)]
        self.assertEqual([line.get("code") for line in lines], [code])
        self.assertIn(lines[0]["decision"], ("deny", "malformed"))
        return lines[0]

    def assert_cli_error(self, result, kind, *words, operation="StartSession"):
        """The AWS CLI's own words, version 1 or 2, after one try."""
        self.assertIn(result.status, (254, 255), result.err)
        self.assertIn(f"An error occurred ({kind}) when calling the {operation} operation: ",
                      result.err)
        for word in words:
            self.assertIn(word, result.err)
