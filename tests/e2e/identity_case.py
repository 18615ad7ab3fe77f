"""What the tests of identity share: a policy that sorts callers, and CONNECTs made by hand."""

import socket
import tempfile
from pathlib import Path

from case import EndToEnd
from clients import ALICE, TARGET
from raw import HOST, read_answer, signed, trusting
from servers import Server, answer_page
from standin.tls import TestRoot
from waiting import wait_for

FILES = "files.example.test"
CHANNEL = "ssmmessages.us-east-1.amazonaws.com"
QUOTED = "correct%20horse%3A%20battery"

# Sorts callers by what the policy alone can see of them.
USERS_POLICY = """\
version: 1
groups:
  team: [alice, spiffe://corp/alice]
allow:
  - {id: by-name, users: ["@team"], documents: [SSM-SessionManagerRunShell]}
  - {id: by-unix, users: ["unix:root"], documents: [SSM-SessionManagerRunShell]}
  - {id: by-group, users: ["unix:%nogroup"], documents: [SSM-SessionManagerRunShell]}
"""


def connect_head(host=HOST, port=443, *fields):
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def ask(port, head, source=None):
    """The whole answer to a CONNECT that is refused, or the head of one that is not."""
    stream = socket.create_connection(("127.0.0.1", port), 30, source)
    with stream:
        stream.sendall(head)
        return read_answer(stream)[0]


def in_tls(world, stream, name=HOST):
    return trusting(world.bundle).wrap_socket(stream, server_hostname=name)


class Folder(EndToEnd):
    """A folder for what must be there before the gateway is."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.files = TestRoot(cls.folder / "files", "another root")
        cls.page = Server(answer_page, cls.files.leaf_context(FILES))
        cls.addClassCleanup(cls.page.stop)
        cls.changes = {"upstream": {"resolve": {f"{FILES}:443": cls.page.address}},
                       "egress": {"deny_addresses": []}, **cls.prepare()}
        super().setUpClass()

    def exchange(self, port, fields=(), source=None, host=HOST):
        """A signed StartSession on a connection of its own: the HTTP answer."""
        stream = socket.create_connection(("127.0.0.1", port), 30, source)
        with stream:
            stream.sendall(connect_head(host, 443, *fields))
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest), (200, b""), answer.body)
            with in_tls(self.world, stream) as secure:
                secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
                return read_answer(secure)[0]

    def assert_unauthenticated(self, answer, words, code="unauthenticated"):
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json["__type"], "AccessDeniedException")
        self.assertIn(code, answer.json["message"])
        self.assertIn(words, answer.json["message"])
        line = self.assert_refused(code)
        self.assertNotIn("user", line)
        return line

    def connect_line(self, **wanted):
        """The newest line of a CONNECT with these values; it may come a moment after the answer."""
        def find():
            return [line for line in self.world.gateway.audit("connect")
                    if all(line.get(name) == value for name, value in wanted.items())]
        return wait_for(find, f"a record with {wanted}")[-1]

    def written(self):
        """All that the gateway has said anywhere."""
        gateway = self.world.gateway
        return gateway.audit_file.read_text() + gateway.log.text + gateway.output.text
