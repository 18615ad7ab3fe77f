"""`auth: local-user`: the user of the client's socket, and of nobody else's."""

import json
import os
import pwd
import socket
import subprocess
import unittest

from clients import ALICE, TARGET, need
from identity_case import FILES, USERS_POLICY, Folder, connect_head, in_tls
from raw import HOST, read_answer, signed
from waiting import wait_for


class LocalUsers(Folder):
    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        return {"listen": [{"address": "127.0.0.1:0", "auth": "local-user"},
                           {"address": "[::1]:0", "auth": "local-user"}]}

    def start_as(self, number, port, host="127.0.0.1"):
        """StartSession by curl as another user, who can read none of our files."""
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        head, _, body = request.partition(b"\r\n\r\n")
        command = [need("curl", "curl"), "--silent", "--insecure", "--max-time", "30",
                   "--include", "--suppress-connect-headers",
                   "--proxy", f"http://{host}:{port}", "--data-binary", body.decode()]
        for line in head.decode().split("\r\n")[1:]:
            if line.partition(":")[0] not in ("Host", "Content-Length"):
                command += ["--header", line]
        done = subprocess.run([*command, f"https://{HOST}/"], user=number, group=number,
                              extra_groups=[], capture_output=True, cwd="/", check=False,
                              env={"PATH": os.environ["PATH"]})
        self.head, _, body = done.stdout.rpartition(b"\r\n\r\n")
        return json.loads(body)

    def test_our_own_user(self):
        answer = self.exchange(self.world.gateway.port)
        line = self.decisions()[-1]
        user = pwd.getpwuid(os.getuid()).pw_name
        self.assertEqual((line["user"], line["auth"]), (f"unix:{user}", "local-user"))
        if os.getuid() == 0:
            self.assertEqual((answer.status, line["rule"]), (200, "by-unix"))

    def test_over_ipv6_and_a_mapped_address(self):
        for family, address, which in ((socket.AF_INET6, "::1", 1),
                                       (socket.AF_INET6, "::ffff:127.0.0.1", 0)):
            with self.subTest(address), socket.socket(family) as stream:
                stream.settimeout(30)
                stream.connect((address, self.world.gateway.ports[which]))
                stream.sendall(connect_head())
                self.assertEqual(read_answer(stream)[0].status, 200)
                with in_tls(self.world, stream) as secure:
                    secure.sendall(signed(ALICE, "DescribeSessions", {"State": "Active"}))
                    read_answer(secure)
            line = self.decisions()[-1]
            self.assertEqual(line["user"], f"unix:{pwd.getpwuid(os.getuid()).pw_name}")

    def test_a_client_that_is_gone(self):
        """A closed socket has no user: it must not be taken for root's."""
        before = len(self.world.gateway.audit("connect"))
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", self.world.gateway.port), 30) as stream:
                stream.sendall(connect_head(FILES))
        def recorded():
            return len(self.world.gateway.audit("connect")) >= before + 50
        wait_for(recorded, "the records")
        for line in self.world.gateway.audit("connect")[before:]:
            self.assertIn((line.get("code"), "user" in line),
                          {("unauthenticated", False), (None, True), ("upstream-refused", True)})

    @unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
    def test_another_user(self):
        for port, host in zip(self.world.gateway.ports, ("127.0.0.1", "[::1]")):
            with self.subTest(host):
                self.mark()
                answer = self.start_as(65534, port, host)
                self.assertIn("SessionId", answer)
                line = self.decisions()[-1]
                self.assertEqual((line["user"], line["rule"]), ("unix:nobody", "by-group"))

    @unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
    def test_a_number_without_a_user(self):
        answer = self.start_as(54321, self.world.gateway.port)
        self.assertIn("no user of id 54321", answer["message"])
        # A directory may know of him a moment later: the next command asks again.
        self.assertIn(b"Connection: close", self.head)
        self.assert_refused("unauthenticated")


if __name__ == "__main__":
    unittest.main()
