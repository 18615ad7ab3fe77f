"""boto3 through the gateway: what a program sees, not a person."""

import unittest

from case import EndToEnd
from clients import ALICE, BOB, EXAMPLE, TARGET, boto3

REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"


def to_host(*hosts):
    return {"Target": TARGET, "DocumentName": REMOTE,
            "Parameters": {"host": list(hosts), "portNumber": ["5432"]}}


class Boto3(EndToEnd):
    def test_start_and_terminate(self):
        for caller in (ALICE, BOB, EXAMPLE):
            with self.subTest(caller.user):
                self.mark()
                result = boto3(self.world, "start_session", {"Target": TARGET}, caller)
                self.assertEqual(result.status, 0, result.out + result.err)
                session = result.json["SessionId"]
                self.assertIn(f"/v1/data-channel/{session}?", result.json["StreamUrl"])
                self.assert_relayed("StartSession")
                result = boto3(self.world, "terminate_session", {"SessionId": session}, caller)
                self.assertEqual(result.json["SessionId"], session)
                self.assert_relayed("TerminateSession")

    def test_text_beyond_ascii(self):
        arguments = {"Target": TARGET, "Reason": "ticket #42 \u2014 \u00fcn\u00ef \U0001f511"}
        self.assertEqual(boto3(self.world, "start_session", arguments).status, 0)
        self.assert_relayed("StartSession")

    def test_remote_host(self):
        result = boto3(self.world, "start_session", to_host("orders.x1.rds.amazonaws.com"))
        self.assertEqual(result.status, 0, result.out)
        self.assert_relayed("StartSession")

    def test_refusal_is_the_services_own_error_after_one_try(self):
        result = boto3(self.world, "start_session", to_host("billing.internal"))
        line = self.assert_refused("no-rule")
        error = result.json
        self.assertEqual(error["error"], "AccessDeniedException")
        # The class is of that name only since boto3's model knows the shape (not in Debian's).
        self.assertIn(error["type"], ("AccessDeniedException", "ClientError"))
        self.assertEqual((error["status"], error["retries"]), (400, 0))
        self.assertEqual(error["request_id"], line["request_id"])
        for word in ("ssmgate", "billing.internal", "orders-db", line["request_id"]):
            self.assertIn(word, error["message"])

    def test_malformed(self):
        result = boto3(self.world, "start_session", to_host("a.example", "b.example"))
        self.assert_refused("value-count")
        self.assertEqual(result.json["error"], "ValidationException")
        self.assertEqual((result.json["status"], result.json["retries"]), (400, 0))

    def test_resume(self):
        started = boto3(self.world, "start_session", {"Target": TARGET}).json
        resumed = boto3(self.world, "resume_session", {"SessionId": started["SessionId"]})
        self.assertEqual(resumed.json["StreamUrl"], started["StreamUrl"])
        self.assert_relayed("ResumeSession")

    def test_wrong_secret_is_found_by_the_service(self):
        result = boto3(self.world, "start_session", {"Target": TARGET},
                       AWS_SECRET_ACCESS_KEY="not0the0secret0not0the0secret0not0the0sec")
        self.assertEqual(result.json["error"], "InvalidSignatureException")
        self.assertIn("does not match", self.reached()[0]["signature"])


if __name__ == "__main__":
    unittest.main()
