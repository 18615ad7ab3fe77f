"""Records at log servers: syslog over every transport, journald; a server gone and back, or silent."""

import json
import pathlib
import re
import shutil
import signal
import socket
import ssl
import tempfile
import unittest

from case import assert_chain
from clients import ALICE, TARGET
from identities import ClientAuthority
from log_servers import DatagramServer, StreamServer
from raw import exchange, signed
from waiting import wait_for
from world import World

HEAD = re.compile(rb"<(\d+)>1 (\d{4}-\S+Z) (\S+) (\S+) (\d+) (\w[\w-]*) - (\{.*\})")


def start_session(world, target=TARGET, **more):
    return exchange(world, signed(ALICE, "StartSession", {"Target": target, **more}))


def lines_of(messages):
    return [HEAD.fullmatch(message).group(7) for message in messages]


def decided(messages):
    return [line for line in lines_of(messages) if b'"event":"decision"' in line]


class LogServerCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def world(self, *sinks, **audit):
        world = World(audit={"sinks": list(sinks), **audit})
        self.addCleanup(world.close)
        return world

    def serve(self, server):
        self.addCleanup(server.stop)
        return server

    def tls_server(self, names="IP:127.0.0.1"):
        authority = ClientAuthority(self.folder, "logs")
        certificate, key = authority.issue("server", names=names, use="serverAuth")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return self.serve(StreamServer(context)), authority


class Delivered(LogServerCase):
    """One session is recorded before it is relayed, and what arrives is a chain."""

    def check(self, server, **more):
        world = self.world({"type": "syslog", "address": server.address, **more})
        self.assertEqual(start_session(world).status, 200)
        wait_for(lambda: decided(server.messages), "the decision")
        world.gateway.stop()
        wait_for(lambda: b'"event":"stop"' in server.messages[-1], "the last record")
        lines = lines_of(server.messages)
        assert_chain(self, b"\n".join(lines) + b"\n")
        self.assertEqual([json.loads(line)["event"] for line in lines],
                         ["start", "decision", "result", "stop"])
        return server.messages

    def test_unix_datagrams(self):
        messages = self.check(self.serve(DatagramServer(self.folder / "log")),
                              facility="local0", app_name="gate")
        head = HEAD.fullmatch(messages[1])
        self.assertEqual(head.group(1), b"134")  # local0, informational
        self.assertEqual(head.group(3), socket.gethostname().encode())
        self.assertEqual(head.group(4), b"gate")
        self.assertEqual(head.group(6), b"decision")

    def test_unix_stream(self):
        self.check(self.serve(StreamServer(place=self.folder / "log")))

    def test_udp(self):
        self.check(self.serve(DatagramServer()))

    def test_tcp(self):
        self.check(self.serve(StreamServer()))

    def test_tls(self):
        server, authority = self.tls_server()
        self.check(server, ca_file=str(authority.certificate))

    def test_journald_has_every_field_and_the_line(self):
        server = self.serve(DatagramServer(self.folder / "journal"))
        world = self.world({"type": "journald", "address": server.address})
        self.assertEqual(start_session(world).status, 200)
        self.assertEqual(start_session(world, "x\x1b[2J\nMESSAGE=forged").status, 400)
        world.gateway.stop()
        wait_for(lambda: b"_EVENT=stop\n" in server.messages[-1], "the last record")
        entries = []
        for message in server.messages:
            self.assertTrue(message.isascii())
            entries.append(dict(line.split(b"=", 1) for line in message.splitlines()))
        assert_chain(self, b"".join(entry[b"SSMGATE_RECORD"] + b"\n" for entry in entries))
        first = next(entry for entry in entries if entry[b"SSMGATE_EVENT"] == b"decision")
        self.assertEqual(first[b"PRIORITY"], b"6")
        self.assertEqual(first[b"SYSLOG_IDENTIFIER"], b"ssmgate")
        self.assertEqual(first[b"SSMGATE_OPERATION"], b"StartSession")
        self.assertEqual(first[b"SSMGATE_TARGET"], TARGET.encode())
        self.assertIn(b"allow StartSession", first[b"MESSAGE"])
        for message in server.messages:
            self.assertNotIn(b"MESSAGE=forged", message.splitlines())
        refused = [entry for entry in entries if entry[b"PRIORITY"] == b"4"]
        self.assertIn(b"\\u001b", refused[0][b"SSMGATE_RECORD"])

    def test_ocsf(self):
        server = self.serve(StreamServer())
        world = self.world({"type": "syslog", "address": server.address, "format": "ocsf"})
        start_session(world)
        found = wait_for(lambda: [line for line in lines_of(server.messages)
                                  if b'"event":"decision"' in line], "the decision")
        record = json.loads(found[0])
        self.assertEqual((record["class_uid"], record["type_uid"]), (6003, 600301))
        self.assertEqual(record["unmapped"]["seq"], 2)


class NotBelieved(LogServerCase):
    def refused(self, server, ca_file):
        world = self.world({"type": "syslog", "address": server.address, "ca_file": str(ca_file)})
        answer = start_session(world)
        self.assertIn("audit-unavailable", answer.json["message"])
        wait_for(lambda: "its certificate is not believed" in world.gateway.log.text, "the words")
        self.assertEqual(server.messages, [])

    def test_a_server_of_another_authority(self):
        server, _ = self.tls_server()
        self.refused(server, ClientAuthority(self.folder, "others").certificate)

    def test_a_server_of_another_name(self):
        server, authority = self.tls_server("DNS:logs.example,IP:127.0.0.2")
        self.refused(server, authority.certificate)


class GoneAndBack(LogServerCase):
    def check(self, server):
        world = self.world({"type": "syslog", "address": server.address})
        self.assertEqual(start_session(world).status, 200)
        server.stop()
        # A stream may take one record before the end of the other side is known.
        refused = wait_for(lambda: self.refusal(world), "a refusal")
        self.assertIn("could not be written", refused.json["message"])
        arrived = len(world.stand_in.records("request", "StartSession"))
        for _ in range(3):
            self.assertIn("audit-unavailable", start_session(world).json["message"])
        self.assertEqual(len(world.stand_in.records("request", "StartSession")), arrived)
        self.assertEqual(exchange(world, signed(ALICE, "DescribeInstanceInformation", {})).status, 200)
        server.start()
        wait_for(lambda: start_session(world).status == 200, "the server to be found again")
        lost = wait_for(lambda: [line for line in lines_of(server.messages)
                                 if b"are lost" in line], "the loss to be said")
        count = int(re.search(rb'"message":"(\d+) records? from', lost[0]).group(1))
        self.assertGreaterEqual(count, 4)
        wait_for(lambda: "takes records again" in world.gateway.log.text, "the operator's word")

    def refusal(self, world):
        answer = start_session(world)
        return answer if answer.status != 200 else None

    def test_unix(self):
        self.check(DatagramServer(self.folder / "log"))

    def test_tcp(self):
        self.check(StreamServer())

    def test_tls(self):
        authority = ClientAuthority(self.folder, "logs")
        certificate, key = authority.issue("server", names="IP:127.0.0.1", use="serverAuth")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = StreamServer(context)
        self.addCleanup(server.stop)
        world = self.world({"type": "syslog", "address": server.address,
                            "ca_file": str(authority.certificate)})
        self.assertEqual(start_session(world).status, 200)
        server.stop()
        wait_for(lambda: start_session(world).status != 200, "a refusal")
        server.start()
        wait_for(lambda: start_session(world).status == 200, "the server to be found again")


class Udp(LogServerCase):
    """No answer says that a datagram was read; a port that nobody has does say so."""

    def test_a_port_that_nobody_has_is_noticed_and_a_server_that_is_back_is_found(self):
        server = DatagramServer()
        world = self.world({"type": "syslog", "address": server.address})
        self.assertEqual(start_session(world).status, 200)
        server.stop()
        refused = wait_for(lambda: next((answer for answer in [start_session(world)]
                                         if answer.status != 200), None), "a refusal")
        self.assertIn("audit-unavailable", refused.json["message"])
        server.start()
        self.addCleanup(server.stop)
        told = len(server.messages)
        wait_for(lambda: start_session(world).status == 200, "the server to be found again")
        wait_for(lambda: decided(server.messages[told:]), "a decision")


class Certificates(LogServerCase):
    def test_what_it_shows_is_wanted_and_is_read_again_with_a_reload(self):
        authority = ClientAuthority(self.folder, "logs")
        certificate, key = authority.issue("server", names="IP:127.0.0.1", use="serverAuth")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        server = self.serve(StreamServer(context))
        strangers = ClientAuthority(self.folder, "strangers")
        mine, my_key = self.folder / "me.pem", self.folder / "me.key"
        self.show(strangers.issue("gate"), mine, my_key)
        world = self.world({"type": "syslog", "address": server.address,
                            "ca_file": str(authority.certificate),
                            "certificate": str(mine), "key": str(my_key)})
        wait_for(lambda: start_session(world).status != 200, "a refusal")
        self.assertEqual(decided(server.messages), [])
        self.show(authority.issue("gate"), mine, my_key)
        world.gateway.process.send_signal(signal.SIGHUP)
        wait_for(lambda: start_session(world).status == 200, "the new certificate to be shown")
        wait_for(lambda: decided(server.messages), "a decision")

    def show(self, pair, certificate, key):
        for source, place in zip(pair, (certificate, key)):
            aside = place.with_suffix(".new")
            shutil.copy(source, aside)
            aside.replace(place)


class Silent(LogServerCase):
    """A server that is there and takes nothing."""

    def listen(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.addCleanup(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        return {"type": "syslog", "address": f"tls://127.0.0.1:{listener.getsockname()[1]}",
                "ca_file": str(ClientAuthority(self.folder, "logs").certificate)}

    def test_it_holds_up_no_other_sink(self):
        silent = self.listen()
        file = self.folder / "good.jsonl"
        world = self.world(silent,
                           {"type": "file", "path": str(file)})
        for _ in range(5):
            self.assertEqual(start_session(world).status, 200)
        world.gateway.stop()
        assert_chain(self, file.read_bytes())

    def test_alone_it_refuses_within_its_second_and_then_at_once(self):
        silent = self.listen()
        world = self.world(silent)
        for _ in range(3):
            self.assertIn("audit-unavailable", start_session(world).json["message"])
        self.assertEqual(world.stand_in.records("request", "StartSession"), [])

    def test_with_continue_sessions_go_on(self):
        silent = self.listen()
        world = self.world(silent, on_failure="continue")
        self.assertEqual(start_session(world).status, 200)
        wait_for(lambda: "takes no records" in world.gateway.log.text, "the operator's word")


if __name__ == "__main__":
    unittest.main()
