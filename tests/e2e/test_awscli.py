"""The AWS CLI, whatever version is on PATH, through the gateway: what passes."""

import json
import re
import socket
import subprocess
import unittest

from case import EndToEnd
from clients import BOB, TARGET, aws, aws_environment, need, start_session
from waiting import Output, stop, wait_for
from world import VPCE

FORWARD = "AWS-StartPortForwardingSession"
REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"
ORDERS = "orders.cluster-x1.rds.amazonaws.com"


class Allowed(EndToEnd):
    def plugin_record(self):
        """What the CLI gave its plugin: arguments, and the answer behind or, before 2.13, first."""
        return (self.world.folder / "plugin.txt").read_text().splitlines()

    def assert_session(self, result):
        self.assertEqual((result.status, result.err), (0, ""))
        self.assert_relayed("StartSession")
        lines = self.plugin_record()
        answer = json.loads(lines[-1] or lines[0])
        answer.pop("ResponseMetadata", None)  # older CLIs pass it on
        self.assertEqual(sorted(answer), ["SessionId", "StreamUrl", "TokenValue"])
        self.assertEqual(len(self.reached()), 1)

    def test_shell_without_document(self):
        typed = "echo through the gateway\nexit\n"
        result = start_session(self.world, plugin="small", given=typed)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("\nthrough the gateway\n", result.out.replace("\r", ""))
        self.assert_relayed("StartSession")

    def test_document_by_name(self):
        self.assert_session(start_session(self.world, "SSM-SessionManagerRunShell"))

    def test_document_by_aws_owned_arn(self):
        arn = f"arn:aws:ssm:us-east-1::document/{FORWARD}"
        self.assert_session(start_session(self.world, arn, "portNumber=22,localPortNumber=0"))
        self.assertIn(arn.encode(), self.reached()[0]["body"])

    def test_remote_host(self):
        for parameters in (f"host={ORDERS},portNumber=5432",
                           json.dumps({"host": [ORDERS.upper()], "portNumber": ["5432"]})):
            with self.subTest(parameters):
                self.mark()
                self.assert_session(start_session(self.world, REMOTE, parameters))

    def test_session_token(self):
        self.assert_session(start_session(self.world, caller=BOB))
        self.assertIn(f"X-Amz-Security-Token: {BOB.session_token}".encode(),
                      self.reached()[0]["head"])

    def test_trailing_dot_endpoint(self):
        extra = ("--endpoint-url", "https://ssm.us-east-1.amazonaws.com.")
        result = start_session(self.world, extra=extra)
        if "hostname 'ssm.us-east-1.amazonaws.com.' doesn't match" in result.err:
            self.skipTest("urllib3 1 takes no certificate for a name with a trailing dot, AWS's neither")
        self.assert_session(result)
        self.assertIn(b"\r\nHost: ssm.us-east-1.amazonaws.com.\r\n", self.reached()[0]["head"])

    def test_vpce_endpoint(self):
        self.assert_session(start_session(self.world, extra=("--endpoint-url", f"https://{VPCE}")))
        self.assertEqual(self.reached()[0]["sni"], VPCE)

    def test_other_region_and_fips(self):
        self.assert_session(start_session(self.world, extra=("--region", "ap-northeast-1")))
        self.mark()
        self.assert_session(start_session(self.world, AWS_USE_FIPS_ENDPOINT="true"))
        self.assertEqual(self.reached()[0]["sni"], "ssm-fips.us-east-1.amazonaws.com")

    def test_session_is_terminated_when_the_plugin_is_missing(self):
        result = start_session(self.world, plugin="none")
        self.assertEqual(result.status, 255)
        self.assertIn("SessionManagerPlugin is not found", result.err)
        self.assert_relayed("StartSession")
        self.assert_relayed("TerminateSession")

    def test_other_operations(self):
        result = aws(self.world, "describe-instance-information")
        self.assertEqual(result.json["InstanceInformationList"][0]["InstanceId"], TARGET)
        self.assert_relayed("DescribeInstanceInformation")
        result = aws(self.world, "send-command", "--document-name", "AWS-RunShellScript",
                     "--instance-ids", TARGET, "--parameters", '{"commands":["id"]}')
        self.assertEqual(result.json["Command"]["Status"], "Pending")
        self.assert_relayed("SendCommand")

    def test_errors_of_the_service_come_through(self):
        result = start_session(self.world, target="i-0dead000000000000")
        self.assert_cli_error(result, "TargetNotConnected",
                              "i-0dead000000000000 is not connected.")
        self.assert_relayed("StartSession")


class PortForward(EndToEnd):
    def open_port(self):
        command = [need("aws", "awscli"), "ssm", "start-session", "--target", TARGET,
                   "--document-name", FORWARD, "--parameters", "portNumber=80,localPortNumber=0"]
        process = subprocess.Popen(command, env=aws_environment(self.world, plugin="small"),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(stop, process)
        output = Output(process.stdout)

        def opened():
            self.assertIsNone(process.poll(), output.text)
            return re.search(r"Port (\d+) opened", output.text)
        return int(wait_for(opened, "the local port").group(1)), process, output

    def test_port_forward_and_terminate(self):
        port, process, output = self.open_port()
        sent = bytes(range(256)) * 500
        with socket.create_connection(("127.0.0.1", port), 30) as stream:
            got = b""
            for start in range(0, len(sent), 16000):
                stream.sendall(sent[start:start + 16000])
                while len(got) < min(start + 16000, len(sent)):
                    got += stream.recv(65536)
        self.assertEqual(got, sent)
        session = re.search(r"SessionId: (\S+)", output.text).group(1)
        result = aws(self.world, "terminate-session", "--session-id", session)
        self.assertEqual(result.json, {"SessionId": session})
        process.wait(30)
        output.join()
        self.assertIn(f"Exiting session with sessionId: {session}", output.text)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
