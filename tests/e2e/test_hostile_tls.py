"""TLS as an attacker speaks it, in a CONNECT to an SSM host and where no TLS belongs: nothing that
was refused arrives, and the next person's command works."""

import socket
import ssl
import struct
import subprocess
import time
import unittest

from case import EndToEnd
from clients import ALICE, TARGET
from raw import (HOST, connect, exchange, first_flight, open_tls, read_answer, read_to_end, signed,
                 trusting)
from waiting import wait_for

RECORD = struct.Struct("!BHH")
ALERT, HANDSHAKE = 0x15, 0x16
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def good():
    return signed(ALICE, "StartSession", {"Target": TARGET})


def in_records(flight, size):
    """The same handshake message in records of `size` bytes."""
    _, version, _ = RECORD.unpack_from(flight)
    message = flight[RECORD.size:]
    return b"".join(RECORD.pack(HANDSHAKE, version, len(message[at:at + size]))
                    + message[at:at + size] for at in range(0, len(message), size))


def old(version):
    """A context that speaks nothing newer than `version`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    return context


class Hellos(EndToEnd):
    """What comes where the ClientHello belongs."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.assert_works)

    def assert_works(self):
        self.assertEqual(exchange(self.world, good()).status, 200)

    def finish(self, stream, session, incoming, outgoing):
        """The handshake over `stream`, then one request: the answer."""
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                stream.sendall(outgoing.read())
                incoming.write(stream.recv(65536) or self.fail("hung up in the handshake"))
        session.write(good())
        stream.sendall(outgoing.read())
        got = b""
        while b"\r\n\r\n" not in got:
            try:
                got += session.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(stream.recv(65536) or self.fail("hung up before the answer"))
        return got

    def split(self, pieces):
        """The hello of a sound client in other pieces."""
        session, incoming, outgoing, flight = first_flight(trusting(self.world.bundle))
        with connect(self.world.gateway.port) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces(flight):
                stream.sendall(piece)
            got = self.finish(stream, session, incoming, outgoing)
        self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
        self.assert_relayed("StartSession")

    def test_a_hello_in_single_bytes(self):
        self.split(lambda flight: [flight[at:at + 1] for at in range(len(flight))])

    def test_a_hello_in_records_of_a_few_bytes(self):
        self.split(lambda flight: [in_records(flight, 50)])

    def test_a_hello_cut_inside_the_name_and_late(self):
        def pieces(flight):
            at = flight.index(HOST.encode()) + 5
            yield flight[:at]
            time.sleep(0.5)  # longer than the gateway waits for a client that says nothing
            yield flight[at:]
        self.split(pieces)

    def test_the_connect_and_the_hello_in_one_piece(self):
        session, incoming, outgoing, flight = first_flight(trusting(self.world.bundle))
        with socket.create_connection(("127.0.0.1", self.world.gateway.port), 30) as stream:
            stream.sendall(f"CONNECT {HOST}:443 HTTP/1.0\r\n\r\n".encode() + flight)
            answer, rest = read_answer(stream)
            self.assertEqual(answer.status, 200)
            incoming.write(rest)
            self.assertTrue(self.finish(stream, session, incoming, outgoing).startswith(
                b"HTTP/1.1 200 "))
        self.assert_relayed("StartSession")

    def send(self, data, name=HOST):
        """What comes back for raw bytes behind a CONNECT, and the record of it."""
        before = len(self.world.gateway.audit("connect"))
        with connect(self.world.gateway.port, name) as stream:
            try:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # hung up on before the last byte
            got = read_to_end(stream)
        lines = wait_for(lambda: self.world.gateway.audit("connect")[before:], "the record")
        self.assertEqual(len(lines), 1)
        return got, lines[0]

    def test_what_is_no_hello_is_hung_up_on(self):
        _, _, _, flight = first_flight(trusting(self.world.bundle))
        cases = {
            "half a hello and the end": flight[:60],
            "a record of no bytes": RECORD.pack(HANDSHAKE, 0x0301, 0) * 3,
            "a record too large": RECORD.pack(HANDSHAKE, 0x0301, 0xffff) + b"x" * 70000,
            "a hello without end": RECORD.pack(HANDSHAKE, 0x0301, 16384) + b"\1\xff\xff\xff"
                                   + b"x" * 16380 + flight,
            "an alert": RECORD.pack(ALERT, 0x0301, 2) + b"\2\x28",
            "a change of cipher first": RECORD.pack(0x14, 0x0301, 1) + b"\1" + flight,
            "application data first": RECORD.pack(0x17, 0x0301, 5) + b"POST ",
            "a heartbeat": RECORD.pack(0x18, 0x0301, 3) + b"\1\x40\0",
            "a server's hello": RECORD.pack(HANDSHAKE, 0x0303, 4) + b"\2\0\0\0",
            "SSL 2": b"\x80\x2e\1\0\2\0\x15\0\0\0\x10" + b"\1\0\x80" * 7 + b"x" * 16,
            "plain HTTP": good(),
            "the preface of HTTP/2": H2_PREFACE,
            "another CONNECT": f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode(),
            "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
        }
        for name, data in cases.items():
            with self.subTest(name):
                self.mark()
                got, line = self.send(data)
                # At most TLS's own alert; never an answer in HTTP.
                self.assertIn(got[:1], (b"", bytes([ALERT])))
                self.assertIn(line["decision"], ("deny", "error", "malformed"))
                self.assertEqual(line["endpoint"], HOST)
                self.assert_nothing_reached()

    def test_old_versions_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            before = len(self.world.gateway.audit("connect"))
            with self.subTest(version), connect(self.world.gateway.port) as stream:
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    old(version).wrap_socket(stream, server_hostname=HOST)
                line, = wait_for(lambda: self.world.gateway.audit("connect")[before:], "the record")
                self.assertEqual((line["decision"], line["closed_by"]), ("error", "error"))
        self.assert_nothing_reached()

    def test_tls_1_2_is_spoken(self):
        context = trusting(self.world.bundle)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with context.wrap_socket(connect(self.world.gateway.port), server_hostname=HOST) as stream:
            stream.sendall(good())
            self.assertEqual(read_answer(stream)[0].status, 200)

    def named(self, name):
        """The answer to StartSession behind a hello that names `name`."""
        context = trusting(self.world.bundle)
        context.check_hostname = False
        with context.wrap_socket(connect(self.world.gateway.port), server_hostname=name) as stream:
            stream.sendall(good())
            return read_answer(stream)[0]

    def test_no_server_name_and_other_ones(self):
        for name in (None, "ssm.eu-west-1.amazonaws.com"):
            with self.subTest(name):
                self.mark()
                answer = self.named(name)
                self.assertEqual(answer.status, 400)
                self.assertIn("endpoint-mismatch", answer.json["message"])
                self.assert_refused("endpoint-mismatch")

    def test_a_server_name_that_is_none_of_ssm(self):
        """Leaves are issued for SSM names only."""
        for name in ("example.com", "127.0.0.1", "ec2.us-east-1.amazonaws.com",
                     "ssmmessages.us-east-1.amazonaws.com"):
            with self.subTest(name):
                self.mark()
                try:
                    self.assertIn("endpoint-mismatch", self.named(name).json["message"])
                except (ssl.SSLError, ConnectionError, EOFError):
                    pass
                self.assert_nothing_reached()

    def test_two_names(self):
        _, _, _, flight = first_flight(trusting(self.world.bundle))
        name = HOST.encode()
        one = struct.pack("!BH", 0, len(name)) + name
        # The extension's, the extensions', the message's and the record's lengths grow by `one`.
        at = flight.index(one)
        grown = bytearray(flight[:at] + one + flight[at:])
        def grow(place, size):
            value = int.from_bytes(grown[place:place + size], "big") + len(one)
            grown[place:place + size] = value.to_bytes(size, "big")
        session = 5 + 4 + 2 + 32
        ciphers = session + 1 + grown[session]
        methods = ciphers + 2 + int.from_bytes(grown[ciphers:ciphers + 2], "big")
        extensions = methods + 1 + grown[methods]
        for place, size in ((3, 2), (6, 3), (extensions, 2), (at - 2, 2), (at - 4, 2)):
            grow(place, size)
        got, line = self.send(bytes(grown))
        self.assertIn(got[:1], (b"", bytes([ALERT])))
        self.assertIn(line["decision"], ("deny", "malformed"))
        self.assert_nothing_reached()


class Inside(EndToEnd):
    """What comes behind a sound handshake."""

    def test_alpn_of_http_2_alone(self):
        context = trusting(self.world.bundle)
        context.set_alpn_protocols(["h2"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(connect(self.world.gateway.port), server_hostname=HOST)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(connect(self.world.gateway.port), server_hostname=HOST) as stream:
            self.assertEqual(stream.selected_alpn_protocol(), "http/1.1")

    def test_the_preface_of_http_2(self):
        with open_tls(self.world) as stream:
            stream.sendall(H2_PREFACE)
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest + read_to_end(stream)), (400, b""))
        self.assert_nothing_reached()

    def test_tls_inside_the_tls(self):
        _, _, _, flight = first_flight(trusting(self.world.bundle))
        with open_tls(self.world) as stream:
            stream.sendall(flight)
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest + read_to_end(stream)), (400, b""))
        self.assert_nothing_reached()

    def test_renegotiation_is_refused(self):
        """By the `openssl` command, which asks for it at an R."""
        command = ["openssl", "s_client", "-connect", f"{HOST}:443", "-servername", HOST, "-tls1_2",
                   "-proxy", f"127.0.0.1:{self.world.gateway.port}", "-CAfile", self.world.bundle]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=self.world.surroundings()) as client:
            seen = b""
            while b"Verify return code" not in seen:
                seen += client.stdout.read1(65536) or self.fail(seen)
            client.stdin.write(b"R\n")
            client.stdin.flush()
            seen = client.stdout.read()
        self.assertIn(b"no renegotiation", seen)
        self.assertEqual(exchange(self.world, good()).status, 200)


class WrongPort(EndToEnd):
    """TLS where CONNECT belongs, and an end where TLS belongs; the reverse of both is in
    test_certificates."""

    def test_tls_on_a_plain_port_is_told_to_the_operator(self):
        before = len(self.world.gateway.audit("connect"))
        with socket.create_connection(("127.0.0.1", self.world.gateway.port), 30) as stream:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                trusting(self.world.bundle).wrap_socket(stream, server_hostname=HOST)
        line, = wait_for(lambda: self.world.gateway.audit("connect")[before:], "the record")
        self.assertEqual(line["decision"], "malformed")
        wait_for(lambda: "http://" in self.world.gateway.log.text, "the operator's line")

    def test_a_reset_in_the_middle_of_a_record(self):
        with open_tls(self.world) as stream:
            raw = socket.socket(fileno=stream.detach())
            raw.sendall(RECORD.pack(0x17, 0x0303, 400) + b"half")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
        self.assert_nothing_reached()
        self.assertEqual(exchange(self.world, good()).status, 200)


if __name__ == "__main__":
    unittest.main()
