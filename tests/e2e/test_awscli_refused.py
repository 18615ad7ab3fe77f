"""The AWS CLI, whatever version is on PATH, through the gateway: what is refused, and how."""

import unittest

from case import EndToEnd
from clients import TARGET, aws, start_session
from world import POLICY

FORWARD = "AWS-StartPortForwardingSession"
REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"
ORDERS = "orders.cluster-x1.rds.amazonaws.com"


class Refused(EndToEnd):
    policy = POLICY.replace("StartAutomationExecution", "SendCommand")

    def test_remote_host(self):
        result = start_session(self.world, REMOTE, "host=billing.internal,portNumber=5432")
        line = self.assert_refused("no-rule")
        self.assert_cli_error(result, "AccessDeniedException", "ssmgate", "billing.internal",
                              "orders-db", "Ask in the platform channel.", line["request_id"])
        self.assertEqual((line["host"], line["port"]), ("billing.internal", 5432))
        self.assertEqual(line["nearest"], "orders-db")

    def test_port_of_an_allowed_host(self):
        result = start_session(self.world, REMOTE, f"host={ORDERS},portNumber=22")
        self.assert_refused("no-rule")
        self.assert_cli_error(result, "AccessDeniedException", "orders-db", "22")

    def test_two_hosts_in_one_list(self):
        result = start_session(self.world, REMOTE, f"host={ORDERS},evil.example,portNumber=5432")
        self.assert_refused("value-count")
        self.assert_cli_error(result, "ValidationException", "value-count")

    def test_other_documents(self):
        for document in ("AWS-StartSSHSession", "My-Document",
                         "arn:aws:ssm:us-east-1:999988887777:document/" + FORWARD):
            with self.subTest(document):
                self.mark()
                result = start_session(self.world, document)
                self.assert_refused("no-rule")
                self.assert_cli_error(result, "AccessDeniedException")

    def test_operation(self):
        result = aws(self.world, "send-command", "--document-name", "AWS-RunShellScript",
                     "--instance-ids", TARGET, "--parameters", '{"commands":["id"]}')
        self.assert_refused("operation-denied", "SendCommand")
        self.assert_cli_error(result, "AccessDeniedException", "SendCommand",
                              operation="SendCommand")

    def test_unsigned(self):
        result = start_session(self.world, extra=("--no-sign-request",))
        self.assert_refused("unsigned")
        self.assert_cli_error(result, "ValidationException", "unsigned")

    def test_odd_path(self):
        extra = ("--endpoint-url", "https://ssm.us-east-1.amazonaws.com/foo/")
        result = start_session(self.world, extra=extra)
        self.assert_refused("request-line")
        self.assert_cli_error(result, "ValidationException", "request-line")

    def test_region_of_another_endpoint(self):
        extra = ("--region", "ap-northeast-1", "--endpoint-url",
                 "https://ssm.us-east-1.amazonaws.com")
        result = start_session(self.world, extra=extra)
        self.assert_refused("endpoint-mismatch")
        self.assert_cli_error(result, "ValidationException", "endpoint-mismatch")


if __name__ == "__main__":
    unittest.main()
