"""The captured requests of the real clients, byte for byte, through a running gateway.

Their signatures are long out of date, and the stand-in says so: what counts here is what the
gateway decides, and that what it relays arrives as it was captured. Resuming a session that the
gateway has not seen is not among them: that is for the tests of sessions.
"""

import re
import unittest
from pathlib import Path

from case import EndToEnd
from clients import ALICE, TARGET
from raw import HOST, connect, exchange, read_answer, signed, trusting
from test_bytes import HOP_BY_HOP
from world import VPCE

CAPTURES = Path(__file__).resolve().parent.parent / "captures"

RELAYED = {
    "awscli1-connection-status": "GetConnectionStatus",
    "awscli1-port-forwarding": "StartSession",
    "awscli1-send-command": "SendCommand",
    "awscli1-session-token": "StartSession",
    "awscli1-shell-no-document": "StartSession",
    "awscli1-ecs-target": "StartSession",
    "awscli1-start-access-request": "StartAccessRequest",
    "awscli1-terminate-session": "TerminateSession",
    "odd-trailing-dot": "StartSession",
    "odd-vpce": "StartSession",
}
REFUSED = {
    "awscli1-document-arn-aws-owned": "no-rule",
    "awscli1-document-arn-shared": "no-rule",
    "awscli1-remote-host": "no-rule",
    "awscli1-remote-host-two-hosts": "value-count",
    "awscli1-start-automation": "operation-denied",
    "awscli2-start-session": "no-rule",
    "boto3-remote-host": "no-rule",
    "jssdk3-remote-host": "no-rule",
    "odd-ip": "endpoint-mismatch",
    "odd-path": "request-line",
    "odd-plain-http-absolute": "request-line",
    "odd-port": "endpoint-mismatch",
    "plugin-data-channel-upgrade": "target-header",
}


def capture(name):
    """A captured request as for the real endpoint: some were taken with a local one."""
    data = (CAPTURES / f"{name}.http").read_bytes()
    return re.sub(rb"(?i)(\r\nhost: )localhost:\d+", rb"\1" + HOST.encode(), data)


def connect_host(name):
    return {"odd-vpce": VPCE, "odd-trailing-dot": HOST + "."}.get(name, HOST)


class Replay(EndToEnd):
    def test_relayed(self):
        for name, operation in RELAYED.items():
            with self.subTest(name):
                self.mark()
                request = capture(name)
                answer = exchange(self.world, request, connect_host(name))
                self.assertEqual(answer.json["__type"], "InvalidSignatureException"
                                 if b"Security-Token" not in request
                                 else "UnrecognizedClientException")
                record, = self.reached(operation)
                head, _, body = request.partition(b"\r\n\r\n")
                kept = [line for line in head.split(b"\r\n") if not HOP_BY_HOP.match(line)]
                self.assertEqual(record["head"], b"\r\n".join(kept) + b"\r\n\r\n")
                self.assertEqual(record["body"], body)

    def test_refused(self):
        for name, code in REFUSED.items():
            with self.subTest(name):
                self.mark()
                answer = exchange(self.world, capture(name))
                self.assertEqual(answer.status, 400)
                self.assert_nothing_reached()
                self.assertEqual([line["code"] for line in self.decisions()], [code])
                self.assertIn(answer.header("x-amzn-requestid"), answer.json["message"])

    def test_every_capture_is_used(self):
        names = {path.stem for path in CAPTURES.glob("*.http")
                 if not path.stem.startswith("connect-") and "resume" not in path.stem}
        self.assertEqual(names, set(RELAYED) | set(REFUSED))

    def test_connects(self):
        heads = [path for path in CAPTURES.glob("connect-*.http") if "plugin" not in path.stem]
        self.assertGreater(len(heads), 4)
        for path in heads:
            with self.subTest(path.stem), \
                    connect(self.world.gateway.port, head=path.read_bytes()) as plain, \
                    trusting(self.world.bundle).wrap_socket(
                        plain, server_hostname=HOST) as stream:
                host = HOST + "." if "dot" in path.stem else HOST
                stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}, host))
                self.assertEqual(read_answer(stream)[0].status, 200)


if __name__ == "__main__":
    unittest.main()
