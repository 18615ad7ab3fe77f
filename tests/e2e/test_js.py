"""The JavaScript SDK v3 with a proxy agent, and ssm-session's data channel, through the gateway."""

import json
import unittest

from case import EndToEnd
from clients import BOB, TARGET, javascript

REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"


class JavaScript(EndToEnd):
    def start(self, **arguments):
        given = json.dumps({"Target": TARGET, **arguments})
        return javascript(self.world, "start_session.mjs", "StartSession", given, caller=BOB)

    def test_start_session(self):
        result = self.start(Reason="raw \u00fctf-8 \u2014 text")
        self.assertEqual((result.status, result.err), (0, ""), result.out)
        self.assertEqual((result.json["status"], result.json["attempts"]), (200, 1))
        record = self.assert_relayed("StartSession")
        self.assertIn("raw \u00fctf-8 \u2014 text".encode(), record["body"])

    def test_more_headers_are_signed_and_arrive(self):
        self.start()
        head = self.assert_relayed("StartSession")["head"]
        for name in (b"amz-sdk-invocation-id", b"content-length", b"x-amz-content-sha256"):
            self.assertIn(b"\r\n" + name + b": ", head)
            self.assertIn(name + b";", head.split(b"SignedHeaders=")[1])

    def test_remote_host(self):
        parameters = {"host": ["orders.x1.rds.amazonaws.com"], "portNumber": ["5432"]}
        result = self.start(DocumentName=REMOTE, Parameters=parameters)
        self.assertEqual(result.status, 0, result.out)
        self.assert_relayed("StartSession")

    def test_refusal_is_thrown_as_its_class(self):
        parameters = {"host": ["billing.internal"], "portNumber": ["5432"]}
        error = self.start(DocumentName=REMOTE, Parameters=parameters).json
        line = self.assert_refused("no-rule")
        self.assertEqual((error["error"], error["typed"]), ("AccessDeniedException", True))
        self.assertEqual((error["status"], error["attempts"]), (400, 1))
        self.assertEqual(error["requestId"], line["request_id"])
        self.assertIn("billing.internal", error["message"])

    def test_two_hosts_in_one_list(self):
        parameters = {"host": ["a.example", "b.example"], "portNumber": ["5432"]}
        error = self.start(DocumentName=REMOTE, Parameters=parameters).json
        self.assert_refused("value-count")
        self.assertEqual((error["error"], error["status"]), ("ValidationException", 400))

    def test_shell_over_the_data_channel(self):
        result = javascript(self.world, "shell_session.mjs", TARGET, "echo from javascript",
                            "exit", caller=BOB)
        self.assertEqual((result.status, result.err), (0, ""), result.out)
        self.assertIn("\nfrom javascript\n", result.out.replace("\r", ""))
        opened = self.world.stand_in.records("open-data-channel")
        self.assertEqual([record["token_ok"] for record in opened], [True])


if __name__ == "__main__":
    unittest.main()
