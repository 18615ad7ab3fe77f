"""Upstream trouble of the kinds that test_trouble leaves out: its own words, in time, and once."""

import ssl
import tempfile
import time
import unittest

import servers
from clients import ALICE, TARGET
from raw import exchange, signed
from regions import Regions, endpoint
from servers import SilentPort
from standin.tls import openssl
from waiting import wait_for


class Trouble(Regions):
    """`connect_timeout` is 1 s here, `response_timeout` 2 s."""

    OLD, SELF_SIGNED, HOLE, SILENT_TLS, RESET, RESET_INSIDE, DRIP, SURPLUS, LENGTHS, HANG = (
        f"xx-trouble-{number}" for number in range(21, 31))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hole = SilentPort()
        cls.addClassCleanup(hole.stop)
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        old = cls.ours.leaf_context(endpoint(cls.OLD))
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("ALL:@SECLEVEL=0")
        cls.requests = {}
        kinds = {
            cls.OLD: (servers.answer_page, old),
            cls.SELF_SIGNED: (servers.answer_page, cls.self_signed(folder.name)),
            cls.SILENT_TLS: (lambda stream: time.sleep(30), None),
            cls.RESET: (cls.counting(cls.RESET, servers.reset_before_answer), "ours"),
            cls.RESET_INSIDE: (cls.counting(cls.RESET_INSIDE, servers.reset_mid_answer), "ours"),
            cls.DRIP: (cls.counting(cls.DRIP, servers.drip), "ours"),
            cls.SURPLUS: (servers.answer_too_much, "ours"),
            cls.LENGTHS: (servers.answer_with_two_lengths, "ours"),
            cls.HANG: (cls.counting(cls.HANG, lambda stream: stream.recv(1) and time.sleep(30)),
                       "ours"),
        }
        cls.servers = {region: cls.serve(region, *kind) for region, kind in kinds.items()}
        addresses = {region: server.address for region, server in cls.servers.items()}
        addresses[cls.HOLE] = hole.address
        cls.restart_with(addresses, connect_timeout="1s", response_timeout="2s")

    @classmethod
    def counting(cls, region, serve):
        def counted(stream):
            cls.requests[region] = cls.requests.get(region, 0) + 1
            serve(stream)
        # A spare connection is opened, too; it counts only once a request comes on it.
        def on_request(stream):
            stream.settimeout(60)
            peeked = stream.recv(1)
            if peeked:
                counted(Replayed(stream, peeked))
        return on_request

    @classmethod
    def self_signed(cls, folder):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{folder}/own.key", "-out", f"{folder}/own.pem", "-days", "2",
                "-subj", "/CN=own", "-addext", f"subjectAltName=DNS:{endpoint(cls.SELF_SIGNED)}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/own.pem", f"{folder}/own.key")
        return context

    def assert_trouble(self, region, code, *words, within=8.0, operation="StartSession"):
        self.mark()
        begun = time.monotonic()
        answer = self.ask(region, operation)
        self.assertLess(time.monotonic() - begun, within)
        self.assertEqual((answer.status, answer.json["__type"]), (400, "SsmgateUpstreamError"))
        for word in (code, *words):
            self.assertIn(word, answer.json["message"])
        result = self.world.gateway.result_of(self.decisions(operation)[0])[0]
        self.assertEqual((result["decision"], result["code"]), ("error", code))
        # At most once: a request that may have arrived is not sent again.
        self.assertLessEqual(self.requests.pop(region, 0), 1)
        good = exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET}))
        self.assertEqual(good.status, 200)

    def test_only_old_tls(self):
        self.assert_trouble(self.OLD, "upstream-protocol", "TLS 1.2")

    def test_self_signed(self):
        self.assert_trouble(self.SELF_SIGNED, "upstream-certificate", "self-signed")

    def test_black_hole(self):
        self.assert_trouble(self.HOLE, "upstream-timeout", "no answer in time", within=5)

    def test_silence_in_the_handshake(self):
        self.assert_trouble(self.SILENT_TLS, "upstream-timeout", "TLS", within=5)

    def test_reset_before_the_answer(self):
        self.assert_trouble(self.RESET, "upstream-closed")

    def test_reset_in_a_session_answer(self):
        self.assert_trouble(self.RESET_INSIDE, "upstream-closed")

    def test_reset_in_another_answer(self):
        # The reset may overtake what was answered before it: then there is still something to say.
        try:
            self.assertEqual(self.ask(self.RESET_INSIDE).json["__type"], "SsmgateUpstreamError")
        except (EOFError, ConnectionError, ssl.SSLError):
            pass
        self.assertEqual(self.requests.pop(self.RESET_INSIDE), 1)

    def test_silence_before_the_answer(self):
        self.assert_trouble(self.HANG, "upstream-timeout", "in time")

    def test_a_head_that_drips(self):
        self.assert_trouble(self.DRIP, "upstream-timeout", "in time")

    def test_two_lengths(self):
        self.assert_trouble(self.LENGTHS, "upstream-protocol")

    def test_more_than_its_length_is_cut_off_and_the_connection_given_up(self):
        server = self.servers[self.SURPLUS]
        for _ in range(3):
            answer = self.ask(self.SURPLUS)
            self.assertEqual((answer.status, answer.body), (200, b"{}"))
        wait_for(lambda: server.accepted >= 3, "a connection for each")


class Replayed:
    """A socket of which a byte was read before."""

    def __init__(self, stream, first):
        self._stream, self._first = stream, first

    def recv(self, size):
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._stream.recv(size)

    def __getattr__(self, name):
        return getattr(self._stream, name)


if __name__ == "__main__":
    unittest.main()
