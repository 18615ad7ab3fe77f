"""Trouble of every kind: each is said in its own words, and the gateway goes on."""

import json
import socket
import ssl
import struct
import tempfile
import time
import unittest

import servers
from case import EndToEnd
from clients import ALICE, TARGET, boto3, start_session
from raw import HOST, connect, exchange, open_tls, read_answer, read_to_end, signed, trusting
from servers import Server, free_port
from standin.tls import TestRoot
from waiting import wait_for
from world import World

# One region for each kind of trouble, so that one gateway meets them all.
REFUSED, UNTRUSTED, EXPIRED, WRONG_NAME, PLAIN, CLOSING, TORN, NONSENSE, CHUNKED = (
    f"xx-trouble-{number}" for number in range(1, 10))


def endpoint(region):
    return f"ssm.{region}.amazonaws.com"


class Upstream(EndToEnd):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.changes = {"upstream": {"resolve": {f"{endpoint(REFUSED)}:443":
                                                f"127.0.0.1:{free_port()}"}}}
        super().setUpClass()
        stranger = TestRoot(folder.name, "a root that nobody trusts")
        ours = TestRoot(cls.world.stand_in.folder)
        cls.restart_with({
            UNTRUSTED: (servers.answer_page, stranger.leaf_context(endpoint(UNTRUSTED))),
            EXPIRED: (servers.answer_page, ours.leaf_context(endpoint(EXPIRED), days=-1)),
            WRONG_NAME: (servers.answer_page, ours.leaf_context("ssm.eu-west-9.amazonaws.com")),
            PLAIN: (servers.speak_plain_text, None),
            CLOSING: (servers.hang_up, ours.leaf_context(endpoint(CLOSING))),
            TORN: (servers.close_mid_answer, ours.leaf_context(endpoint(TORN))),
            NONSENSE: (servers.answer_nonsense, ours.leaf_context(endpoint(NONSENSE))),
            CHUNKED: (servers.answer_in_chunks, ours.leaf_context(endpoint(CHUNKED)))})

    @classmethod
    def restart_with(cls, kinds):
        """The gateway anew, with an endpoint for each kind of trouble."""
        gateway = cls.world.gateway
        gateway.stop()
        config = json.loads(gateway.config_file.read_text())
        for region, (serve, context) in kinds.items():
            server = Server(serve, context)
            cls.addClassCleanup(server.stop)
            config["upstream"]["resolve"][f"{endpoint(region)}:443"] = server.address
        gateway.config_file.write_text(json.dumps(config))
        gateway.start()

    def ask(self, region, operation="StartSession"):
        host = endpoint(region)
        request = signed(ALICE, operation, {"Target": TARGET}, host, region)
        return exchange(self.world, request, host)

    def assert_goes_on(self):
        answer = exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET}))
        self.assertEqual(answer.status, 200)

    def assert_trouble(self, region, *codes, operation="StartSession"):
        self.mark()
        answer = self.ask(region, operation)
        self.assertEqual((answer.status, answer.json["__type"]), (400, "SsmgateUpstreamError"))
        self.assertEqual(answer.json["message"], answer.json["Message"])
        self.assertEqual(answer.header("content-type"), "application/x-amz-json-1.1")
        decided = self.decisions(operation)
        self.assertEqual([line["decision"] for line in decided],
                         ["allow" if operation == "StartSession" else "relay"])
        self.assertEqual(answer.header("x-amzn-requestid"), decided[0]["request_id"])
        results = self.world.gateway.result_of(decided[0])
        self.assertEqual([line["decision"] for line in results], ["error"])
        self.assertIn(results[0]["code"], codes)
        self.assertIn(results[0]["code"], answer.json["message"])
        self.assert_goes_on()

    def test_nobody_listens(self):
        self.assert_trouble(REFUSED, "upstream-refused")

    def test_certificate_of_an_unknown_root(self):
        self.assert_trouble(UNTRUSTED, "upstream-certificate")

    def test_certificate_that_has_expired(self):
        self.assert_trouble(EXPIRED, "upstream-certificate")

    def test_certificate_of_another_name(self):
        self.assert_trouble(WRONG_NAME, "upstream-certificate")

    def test_plain_text_where_tls_belongs(self):
        self.assert_trouble(PLAIN, "upstream-protocol")

    def test_closes_before_the_answer(self):
        for operation in ("StartSession", "DescribeInstanceInformation"):
            with self.subTest(operation):
                self.assert_trouble(CLOSING, "upstream-closed", operation=operation)

    def test_closes_inside_the_answer_to_start_session(self):
        self.assert_trouble(TORN, "upstream-closed", "upstream-protocol")

    def test_closes_inside_another_answer(self):
        with self.assertRaises((EOFError, ConnectionError, ssl.SSLError)):
            self.ask(TORN, "DescribeInstanceInformation")
        self.assert_goes_on()

    def test_something_that_is_no_http(self):
        self.assert_trouble(NONSENSE, "upstream-protocol")

    def test_an_answer_in_chunks_is_no_trouble(self):
        self.mark()
        host = endpoint(CHUNKED)
        with open_tls(self.world, host) as stream:
            stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}, host, CHUNKED))
            got = b""
            while len(got) < len(servers.CHUNKED_ANSWER):
                got += stream.recv(65536) or self.fail(got)
        self.assertEqual(got, servers.CHUNKED_ANSWER)
        result = self.world.gateway.result_of(self.decisions("StartSession")[0])
        self.assertEqual([line.get("session_id") for line in result], ["s-0123"])

    def test_clients_try_once(self):
        result = start_session(self.world, extra=("--region", UNTRUSTED))
        self.assert_cli_error(result, "SsmgateUpstreamError", "upstream-certificate")
        error = boto3(self.world, "start_session", {"Target": TARGET}, AWS_REGION=REFUSED,
                      AWS_DEFAULT_REGION=REFUSED).json
        self.assertEqual((error["error"], error["retries"]), ("SsmgateUpstreamError", 0))
        self.assertEqual(len(self.decisions("StartSession")), 2)


class FullAuditDisk(EndToEnd):
    changes = {"audit": {"sinks": [{"type": "file", "path": "/dev/full"}]}}

    def test_sessions_are_refused_and_the_rest_goes_on(self):
        for operation, body in (("StartSession", {"Target": TARGET}),
                                ("ResumeSession", {"SessionId": "alice-0123456789abcdef0"})):
            answer = exchange(self.world, signed(ALICE, operation, body))
            self.assertEqual(answer.status, 400)
            self.assertIn("audit-unavailable", answer.json["message"])
        self.assert_nothing_reached()
        request = signed(ALICE, "DescribeInstanceInformation", {})
        self.assertEqual(exchange(self.world, request).status, 200)
        self.assert_relayed("DescribeInstanceInformation")
        result = start_session(self.world)
        self.assert_cli_error(result, "AccessDeniedException", "audit-unavailable")


class HalfWay(EndToEnd):
    """Clients that leave at every stage, by an orderly end or by a reset."""

    ROUNDS = 8

    def plain(self, data):
        stream = socket.create_connection(("127.0.0.1", self.world.gateway.port), 30)
        stream.sendall(data)
        return stream

    def tunnelled(self, data):
        stream = connect(self.world.gateway.port)
        stream.sendall(data)
        return stream

    def inside(self, data):
        stream = open_tls(self.world)
        stream.sendall(data)
        return stream

    def first_flight(self):
        """The bytes of a ClientHello."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = trusting(self.world.bundle).wrap_bio(incoming, outgoing, server_hostname=HOST)
        with self.assertRaises(ssl.SSLWantReadError):
            session.do_handshake()
        return outgoing.read()

    def stages(self):
        hello = self.first_flight()
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        head = request.index(b"\r\n\r\n")
        return {
            "before anything": lambda: self.plain(b""),
            "inside the CONNECT": lambda: self.plain(b"CONNECT ssm.us-east-1.amaz"),
            "after the 200": lambda: self.tunnelled(b""),
            "inside the ClientHello": lambda: self.tunnelled(hello[:40]),
            "after the ClientHello": lambda: self.tunnelled(hello),
            "after the handshake": lambda: self.inside(b""),
            "inside the head": lambda: self.inside(request[:60]),
            "before the body": lambda: self.inside(request[:head + 4]),
            "inside the body": lambda: self.inside(request[:-5]),
            "before the answer": lambda: self.inside(request),
        }

    @staticmethod
    def leave(stream, by_reset):
        if by_reset:
            # A linger time of none makes close() a reset.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()

    def good_request(self):
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        self.assertEqual(exchange(self.world, request).status, 200)

    def test_every_stage_leaves_nothing_behind(self):
        self.good_request()
        gateway = self.world.gateway
        base = wait_for(gateway.descriptors, "the descriptors")
        for name, arrive in self.stages().items():
            with self.subTest(name):
                for turn in range(self.ROUNDS):
                    self.leave(arrive(), by_reset=turn % 2 == 1)
                self.good_request()
                # Upstream connections may stay warm in the pool, but not one for each client.
                allowed = base + self.ROUNDS // 2
                wait_for(lambda: gateway.descriptors() <= allowed,
                         f"the descriptors of clients that left {name}")
        wait_for(lambda: gateway.descriptors() <= base + 2, "all descriptors to be given back")

    def test_garbage_instead_of_a_connect(self):
        for data in (b"\x16\x03\x01\x00\xa5\x01\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100,
                     b"CONNECT ssm.us-east-1.amazonaws.com HTTP/1.1\r\n\r\n",
                     b"CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", b"\r\n" * 50,
                     b"CONNECT x:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"):
            with self.subTest(data), self.plain(data) as stream:
                stream.shutdown(socket.SHUT_WR)
                answer = read_to_end(stream)
                self.assertNotIn(b" 200 ", answer[:20])
        self.good_request()

    def test_garbage_instead_of_tls_on_an_ssm_host(self):
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 70000):
            with self.subTest(data[:20]), self.tunnelled(b"") as stream:
                try:
                    stream.sendall(data)
                    stream.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # hung up on before the last byte
                self.assertNotIn(b"HTTP/1.1 200", read_to_end(stream))
        self.assert_nothing_reached()
        self.good_request()

    def test_two_requests_at_once_from_many(self):
        streams = [open_tls(self.world) for _ in range(16)]
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        for stream in streams:
            stream.sendall(request + request)
        for stream in streams:
            with stream:
                first, rest = read_answer(stream)
                self.assertEqual((first.status, read_answer(stream, rest)[0].status), (200, 200))
        self.assert_relayed("StartSession", 32)


class Shutdown(unittest.TestCase):
    def test_sigterm_ends_in_good_order(self):
        with World() as world:
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            world.gateway.stop()
            self.assertEqual(world.gateway.output.text, "")
            self.assertEqual(world.gateway.audit()[-1]["event"], "stop")

    def test_an_idle_connection_holds_nothing_up(self):
        with World() as world, open_tls(world) as stream:
            stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
            self.assertEqual(read_answer(stream)[0].status, 200)
            begun = time.monotonic()
            world.gateway.stop()
            # Half of the 30 s that a drain gives to what is under way.
            self.assertLess(time.monotonic() - begun, 15)


class Oversized(EndToEnd):
    def test_a_session_too_large_is_dropped_and_the_connection_goes_on(self):
        with open_tls(self.world) as stream:
            large = b'{"Target": "%s"}' % (b"x" * 300_000)
            stream.sendall(signed(ALICE, "StartSession", large))
            answer, rest = read_answer(stream)
            self.assertIn("too-large", answer.json["message"])
            stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
            self.assertEqual(read_answer(stream, rest)[0].status, 200)
        self.assert_relayed("StartSession")


if __name__ == "__main__":
    unittest.main()
