"""What a running gateway refused, suggested as rules, and put in force: exactly that passes then."""

import os
import subprocess
import unittest

from case import EndToEnd
from clients import ALICE, TARGET
from raw import exchange, signed
from reloading import replace, reloads
from waiting import wait_for

NOTHING = "version: 1\nallow: []\n"
REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"


def forward(host, port):
    return {"Target": TARGET, "DocumentName": REMOTE,
            "Parameters": {"host": [host], "portNumber": [str(port)]}}


class SuggestedByItsOwnRefusals(EndToEnd):
    policy = NOTHING

    def audit(self, *arguments):
        return subprocess.run([os.environ["SSMGATE"], "audit", *arguments, "--file",
                               str(self.world.gateway.audit_file)],
                              capture_output=True, text=True, timeout=60)

    def ask(self, body):
        """What the gateway decides: the stand-in does not know every document."""
        exchange(self.world, signed(ALICE, "StartSession", body))
        return self.decisions("StartSession")[-1]["decision"]

    def test_exactly_what_was_refused_passes(self):
        asked = [{"Target": TARGET}, forward("Orders.example.com.", 5432), forward("10.0.0.5", 22),
                 {"Target": TARGET, "DocumentName": "Team-Run", "Parameters": {"unit": ["web-*"]}}]
        misses = [forward("orders.example.com", 5433), forward("other.example.com", 5432),
                  {"Target": "i-00000000000000009"},
                  {"Target": TARGET, "DocumentName": "Team-Run", "Parameters": {"unit": ["web-1"]}}]
        for body in asked:
            self.assertEqual(self.ask(body), "deny")
        exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET, "Bogus": 1}))
        suggested = self.audit("suggest")
        self.assertEqual((suggested.returncode, suggested.stderr), (0, ""))
        self.assertEqual(suggested.stdout.count("- id: "), 4)
        self.assertIn("1 request, last", suggested.stdout)  # the malformed one
        gateway = self.world.gateway
        before = len(reloads(gateway))
        replace(gateway.folder / "policy.yaml", suggested.stdout)
        wait_for(lambda: len(reloads(gateway)) > before, "the reload")
        for body in asked:
            with self.subTest(body):
                self.assertEqual(self.ask(body), "allow")
        for body in misses:
            with self.subTest(body):
                self.assertEqual(self.ask(body), "deny")
        verified = self.audit("verify", "--whole")
        self.assertEqual(verified.returncode, 0, verified.stdout)
        self.assertEqual(len(self.audit("tail", "-n", "3").stdout.splitlines()), 3)


if __name__ == "__main__":
    unittest.main()
