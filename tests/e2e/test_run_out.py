"""Who has come in is asked anew where what he showed has run out: a certificate, a revocation list,
the groups of a user.

tests/support/another_time.cpp, loaded into the gateway, moves its clocks and has its users from
files; this file says how far, and who they are.
"""

import os
import shutil
import socket
import ssl
import struct
import tempfile
import time
import unittest
from pathlib import Path

from clients import ALICE, TARGET
from identities import ClientAuthority
from identity_case import CHANNEL, USERS_POLICY, connect_head, in_tls
from nested_tls import Nested, enter_tls
from raw import HOST, client_hello, read_answer, read_to_end, signed, trusting
from reloading import configure, replace
from servers import Server, SlowParent
from standin.tls import TestRoot
from waiting import wait_for
from world import World

OTHER = "tunnel.example.test"
DAY = 86400
REQUESTS = (("StartSession", {"Target": TARGET}), ("ResumeSession", {"SessionId": "alice-1"}),
            ("DescribeSessions", {"State": "Active"}))


class MovedWorld(World):
    """Its gateway has the clocks and the users that its folder says."""

    def surroundings(self):
        library = os.environ.get("SSMGATE_ANOTHER_TIME")
        if not library:
            raise AssertionError("SSMGATE_ANOTHER_TIME must name the library of another_time.cpp: "
                                 "run this test by ctest")
        clocks = self.folder / "clocks"
        if not clocks.exists():
            clocks.write_bytes(bytes(16))
            self.write_users()
        made = super().surroundings()
        made.update(LD_PRELOAD=os.path.abspath(library), SSMGATE_CLOCKS=str(clocks),
                    SSMGATE_PASSWD=str(self.folder / "passwd"),
                    SSMGATE_GROUP=str(self.folder / "group"))
        return made

    def write_users(self, name="alice", members="alice"):
        """Who runs the test is `name`; no name: nobody."""
        user = f"{name}:x:{os.getuid()}:70001::/:/bin/sh\n" if name else ""
        replace(self.folder / "passwd", user + "other:x:70007:70001::/:/bin/sh\n")
        replace(self.folder / "group", f"staff:x:70001:\ndba:x:70002:{members}\n")

    def move(self, wall=0, steady=0):
        """The clocks, by so many seconds from what they were; the steady one second by second, as what
        the gateway has under way (a record, a dial) is given up when it is late by that clock."""
        for _ in range(steady - 1):
            self.move(steady=1)
            time.sleep(0.1)
        steady = min(steady, 1)
        with open(self.folder / "clocks", "r+b") as file:
            was = struct.unpack("=2q", file.read())
            file.seek(0)
            file.write(struct.pack("=2q", was[0] + wall, was[1] + steady))


class RunOut(unittest.TestCase):
    policy = USERS_POLICY

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.other = Server(read_to_end)
        self.addCleanup(self.other.stop)
        self.world = MovedWorld(
            policy=self.policy, egress={"deny_addresses": []},
            upstream={"resolve": {f"{OTHER}:443": self.other.address}}, **self.settings())
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway

    def ask(self, stream, operation="StartSession", body=None):
        stream.sendall(signed(ALICE, operation, body or {"Target": TARGET}))
        return read_answer(stream)[0]

    def decision(self, answer=None):
        """The newest; or that of a refusal, which may be written a moment after its answer."""
        if answer is None:
            return self.gateway.audit("decision")[-1]
        return wait_for(lambda: [line for line in self.gateway.audit("decision")
                                 if line["request_id"] in answer.json["message"]], "the record")[0]

    def assert_told(self, answer, words, user):
        """Refused, recorded, and the connection ends with the answer."""
        self.assertEqual(answer.status, 400, answer.body)
        self.assertEqual(answer.json["__type"], "AccessDeniedException")
        self.assertIn("(unauthenticated)", answer.json["message"])
        self.assertIn(words, answer.json["message"])
        self.assertEqual(answer.header("connection").lower(), "close")
        line = self.decision(answer)
        self.assertEqual((line["decision"], line["effect"], line["code"], line["user"]),
                         ("deny", "refuse", "unauthenticated", user))

    def cut(self, stream, event, words):
        """Hung up on; the record."""
        self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: [line for line in self.gateway.audit(event)
                                 if line.get("closed_by") == "policy"], "the record")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "unauthenticated"))
        self.assertIn(words, line["message"])

    def opened(self, count):
        wait_for(lambda: [line["decision"] for line in self.gateway.audit("connect")].count("relay")
                 == count, "the tunnels")


class Certificates(RunOut):
    """alice's ends after a day, bob's after a week; so do the lists of the listeners that have one;
    the last but one has both lists."""

    def settings(self):
        self.root = TestRoot(self.folder / "files", "another root")
        self.people = ClientAuthority(self.folder, "people")
        self.alice = self.people.issue("alice", "URI:spiffe://corp/alice", days=1)
        self.bob = self.people.issue("bob", "URI:alice", days=7)
        certificate = self.folder / "listener.pem"
        shutil.copy(self.root.leaf("localhost"), certificate)
        short, long = (self.people.revocations(name=f"{days}.pem", days=days) for days in (1, 7))
        both = self.folder / "both.pem"
        both.write_text(short.read_text() + long.read_text())
        tls = {"certificate": str(certificate), "key": str(self.folder / "files/leaf.key"),
               "client_ca": str(self.people.certificate)}
        ways = [{}, {"crl": str(short)}, {"crl": str(both)}]
        return {"listen": [*({"address": "127.0.0.1:0", "auth": "mtls", "tls": {**tls, **way}}
                             for way in ways),
                           {"address": "127.0.0.1:0", "auth": "none", "tls": tls}]}

    def enter(self, shown, which=0):
        outer = enter_tls(self.gateway.ports[which], self.root.certificate, "localhost", shown)
        self.addCleanup(outer.close)
        return outer

    def connected(self, shown, which=0, host=HOST, behind=b""):
        outer = self.enter(shown, which)
        outer.sendall(connect_head(host) + behind)
        self.assertEqual(read_answer(outer)[0].status, 200)
        return outer

    def inside(self, shown, which=0):
        return Nested(self.connected(shown, which), trusting(self.world.bundle), HOST)

    def words_at_the_door(self, shown, which=0):
        """What is recorded of one who comes now."""
        before = len(self.gateway.audit("connect"))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.enter(shown, which).recv(1)
        return wait_for(lambda: [line for line in self.gateway.audit("connect")[before:]
                                 if "the client's certificate" in line.get("message", "")],
                        "the record")[0]["message"]

    def test_a_certificate_that_has_ended(self):
        alices, bobs = [self.inside(self.alice) for _ in REQUESTS], self.inside(self.bob)
        for stream in (*alices, bobs):
            self.assertEqual(self.ask(stream).status, 200)
        self.world.move(wall=DAY - 600)
        for stream in (*alices, bobs):
            self.assertEqual(self.ask(stream).status, 200)
        self.world.move(wall=1200)
        words = self.words_at_the_door(self.alice)
        self.assertIn("has expired", words)
        reached = len(self.world.stand_in.records())
        for stream, request in zip(alices, REQUESTS):
            with self.subTest(request[0]):
                self.assert_told(self.ask(stream, *request), words, "spiffe://corp/alice")
                read_to_end(stream._outer)  # it does end
        self.assertEqual(len(self.world.stand_in.records()), reached)
        self.assertEqual(self.ask(bobs).status, 200)

    def test_a_certificate_beside_which_nothing_is_asked(self):
        stream = self.inside(self.alice, 3)
        self.ask(stream)
        self.world.move(wall=2 * DAY)
        answer = self.ask(stream)
        self.assertIn("has expired", answer.json["message"])
        self.assertEqual(self.decision(answer)["code"], "unauthenticated")

    def test_a_revocation_list_that_has_ended(self):
        listed, both = self.inside(self.bob, 1), self.inside(self.bob, 2)
        for stream in (listed, both):
            self.assertEqual(self.ask(stream).status, 200)
        self.world.move(wall=2 * DAY)
        words = self.words_at_the_door(self.bob, 1)
        self.assertIn("`tls.crl` has expired", words)
        self.assert_told(self.ask(listed), words, "alice")
        # The other list is in date.
        for _ in range(2):
            self.assertEqual(self.ask(both).status, 200)
        self.world.move(wall=4 * DAY)
        self.assertEqual(self.ask(both).status, 200)
        self.world.move(wall=2 * DAY)
        self.assert_told(self.ask(both), "has expired", "alice")

    def test_half_a_client_hello(self):
        hello = client_hello(OTHER)
        outer, bobs = (self.connected(shown, host=OTHER, behind=hello[:9])
                       for shown in (self.alice, self.bob))
        wait_for(lambda: self.gateway.unread(self.gateway.port) == 0, "the bytes")
        self.world.move(wall=2 * DAY)
        outer.sendall(hello[9:])
        self.cut(outer, "connect", "has expired")
        self.assertEqual(self.other.accepted, 0)
        bobs.sendall(hello[9:])
        self.opened(1)

    def test_a_tunnel_whose_other_end_is_slow(self):
        parent = SlowParent()
        self.addCleanup(parent.stop)
        configure(self.gateway, upstream={"proxy": {"url": f"http://{parent.address}"}})
        outer = self.connected(self.alice, host=OTHER, behind=client_hello(OTHER))
        parent.wait()
        self.world.move(wall=2 * DAY)
        parent.answer.set()
        self.cut(outer, "connect", "has expired")
        self.assertEqual(wait_for(lambda: parent.passed, "the way's end"), [b""])

    def test_a_data_channel_s_name_in_an_open_tunnel(self):
        """The tunnel goes on, but not to a session."""
        one, another = (self.connected(self.alice, host=OTHER) for _ in range(2))
        self.opened(2)
        self.world.move(wall=2 * DAY)
        one.sendall(client_hello(CHANNEL))
        self.cut(one, "result", "too long ago")
        another.sendall(client_hello(OTHER))
        wait_for(lambda: self.gateway.unread(self.gateway.port) == 0, "the bytes")
        another.shutdown(socket.SHUT_WR)
        wait_for(lambda: [line for line in self.gateway.audit("result")
                          if line.get("bytes_up", 0) > 0], "the other's end")


class LocalUsers(RunOut):
    """An answer of the system's is gone by for ten seconds."""

    policy = USERS_POLICY.replace("unix:%nogroup", "unix:%dba")

    def settings(self):
        return {"listen": [{"address": "127.0.0.1:0", "auth": "local-user"}]}

    def connected(self, host=HOST):
        stream = socket.create_connection(("127.0.0.1", self.gateway.port), 30)
        self.addCleanup(stream.close)
        stream.sendall(connect_head(host))
        self.assertEqual(read_answer(stream)[0].status, 200)
        return stream

    def inside(self):
        stream = in_tls(self.world, self.connected())
        self.addCleanup(stream.close)
        answer = self.ask(stream)
        self.assertEqual(answer.status, 200, answer.body)
        line = self.decision()
        self.assertEqual((line["user"], line["rule"]), ("unix:alice", "by-group"))
        return stream

    def test_a_group_that_he_is_taken_out_of(self):
        stream = self.inside()
        self.world.write_users(members="other")
        self.world.move(steady=11)
        answer = self.ask(stream)
        self.assertEqual((answer.status, answer.json["__type"]), (400, "AccessDeniedException"))
        line = self.decision(answer)
        self.assertEqual((line["decision"], line["code"], line["user"]),
                         ("deny", "no-rule", "unix:alice"))
        # Known, and so on this connection: once he is in it again.
        self.world.write_users()
        self.world.move(steady=11)
        self.assertEqual(self.ask(stream).status, 200)

    def test_what_was_told_to_another_connection_is_no_younger(self):
        first = self.inside()
        self.world.move(steady=3)  # of ten: what is left is for a busy machine
        second = self.inside()
        self.world.write_users(members="other")
        self.assertEqual(self.ask(second).status, 200)
        self.world.move(steady=8)
        for stream in (first, second):
            self.assertEqual(self.ask(stream).status, 400)

    def test_a_user_who_is_gone(self):
        streams = [self.inside() for _ in REQUESTS]
        self.world.write_users(name="")
        self.world.move(steady=11)
        for stream, request in zip(streams, REQUESTS):
            with self.subTest(request[0]):
                self.assert_told(self.ask(stream, *request), "the system has no user of id",
                                 "unix:alice")
                self.assertEqual(read_to_end(stream), b"")

    def test_a_user_of_another_name(self):
        """Whoever has the number now has not made this connection."""
        stream = self.inside()
        self.world.write_users(name="carol", members="carol")
        self.world.move(steady=11)
        self.assert_told(self.ask(stream), "was called `unix:alice`", "unix:alice")

    def test_a_system_that_does_not_answer(self):
        stream = self.inside()
        (self.world.folder / "passwd").unlink()
        (self.world.folder / "passwd").mkdir()
        self.world.move(steady=11)
        self.assert_told(self.ask(stream), "the system did not say who", "unix:alice")

    def test_a_data_channel_s_name_in_an_open_tunnel(self):
        one = self.connected(OTHER)
        self.opened(1)
        self.world.move(steady=11)
        one.sendall(client_hello(CHANNEL))
        self.cut(one, "result", "too long ago")


if __name__ == "__main__":
    unittest.main()
