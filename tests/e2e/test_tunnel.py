"""Tunnels as their clients and servers see them: bytes, ends, resets, and what an idle one costs."""

import hashlib
import random
import socket
import struct
import threading
import time
import unittest
from pathlib import Path

from raw import connect, read_to_end
from servers import Server, digest_after_end, reset
from waiting import wait_for
from world import World, program

DIGEST, ECHO, IDLE, RESET, FLOOD = (f"{name}.example.test" for name in
                                    ("digest", "echo", "idle", "reset", "flood"))
LINGER_NONE = struct.pack("ii", 1, 0)


def echo(stream):
    """Every byte back, and the end after them."""
    while data := stream.recv(65536):
        stream.sendall(data)
    stream.shutdown(socket.SHUT_WR)


def flood(stream):
    """As much as is taken, until somebody has had enough."""
    block = bytes(65536)
    while True:
        stream.sendall(block)


class Tunnels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ends = []

        def hold(stream):
            try:
                stream.recv(1)
                cls.ends.append("end")
            except ConnectionResetError:
                cls.ends.append("reset")

        def reset_at_once(stream):
            stream.recv(1)
            reset(stream)

        cls.servers = {DIGEST: Server(digest_after_end), ECHO: Server(echo), IDLE: Server(hold),
                       RESET: Server(reset_at_once), FLOOD: Server(flood)}
        for server in cls.servers.values():
            cls.addClassCleanup(server.stop)
        resolve = {f"{name}:443": server.address for name, server in cls.servers.items()}
        cls.world = World(upstream={"resolve": resolve}, egress={"deny_addresses": []},
                          limits={"connections_per_client": 5000})
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.ends.clear()
        self.ended = len(self.world.gateway.audit("result"))
        self.asked = len(self.world.gateway.audit("connect"))

    def open(self, name):
        return connect(self.world.gateway.port, name)

    def result(self):
        lines = wait_for(lambda: self.world.gateway.audit("result")[self.ended:], "the record")
        self.assertEqual(len(lines), 1)
        return lines[0]

    def test_bytes_both_ways_at_once(self):
        sent = random.Random(1).randbytes(30_000_000)
        got = hashlib.sha256()
        with self.open(ECHO) as stream:
            def send():
                stream.sendall(sent)
                stream.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=send)
            sender.start()
            while data := stream.recv(65536):
                got.update(data)
            sender.join()
        self.assertEqual(got.digest(), hashlib.sha256(sent).digest())
        line = self.result()
        self.assertEqual((line["bytes_up"], line["bytes_down"], line["closed_by"]),
                         (len(sent), len(sent), "client"))

    def test_small_pieces(self):
        pieces = [bytes([65 + i % 26]) * (1 + i % 7) for i in range(2000)]
        with self.open(ECHO) as stream:
            for piece in pieces:
                stream.sendall(piece)
                self.assertEqual(stream.recv(len(piece), socket.MSG_WAITALL), piece)
        self.assertEqual(self.result()["bytes_up"], sum(map(len, pieces)))

    def test_half_close_then_the_answer(self):
        sent = random.Random(2).randbytes(5_000_000)
        with self.open(DIGEST) as stream:
            stream.sendall(sent)
            stream.shutdown(socket.SHUT_WR)
            self.assertEqual(read_to_end(stream).decode(), hashlib.sha256(sent).hexdigest())
        self.assertEqual(self.result()["bytes_up"], len(sent))

    def test_a_reset_of_the_client_is_a_reset_for_the_server(self):
        stream = self.open(IDLE)
        stream.sendall(b"")
        wait_for(lambda: self.servers[IDLE].accepted, "the tunnel")
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        stream.close()
        wait_for(lambda: self.ends, "the server's end")
        self.assertEqual(self.ends, ["reset"])
        self.assertEqual(self.result()["closed_by"], "client")

    def test_a_reset_in_the_silence_opens_no_way(self):
        begun, accepted = time.monotonic(), self.servers[IDLE].accepted
        stream = self.open(IDLE)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        stream.close()
        in_silence = time.monotonic() - begun < 0.3
        lines = wait_for(lambda: self.world.gateway.audit("connect")[self.asked:], "the record")
        if in_silence:  # else it was a tunnel already
            self.assertEqual([(line["decision"], line.get("closed_by")) for line in lines],
                             [("error", "client")])
            self.assertEqual(self.servers[IDLE].accepted, accepted)

    def test_a_reset_of_the_server_is_a_reset_for_the_client(self):
        with self.open(RESET) as stream:
            stream.sendall(b"x")
            with self.assertRaises(ConnectionResetError):
                while stream.recv(1):
                    pass
        self.assertEqual(self.result()["closed_by"], "upstream")

    def test_a_client_that_does_not_read_holds_the_server_up(self):
        with self.open(FLOOD) as stream:
            stream.sendall(b"x")
            before = self.memory()
            time.sleep(1)
            self.assertLess(self.memory() - before, 8 * 1024)
            self.assertGreater(len(stream.recv(65536)), 0)
        self.result()

    def memory(self):
        """KiB of the gateway that are in memory."""
        with open(f"/proc/{self.world.gateway.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def failed(self):
        """What was not opened."""
        return [line for line in self.world.gateway.audit("connect")[self.asked:]
                if line["decision"] != "relay"]

    def test_what_an_idle_tunnel_costs(self):
        accepted = self.servers[IDLE].accepted

        def open_many(count):
            nonlocal accepted
            accepted += count
            for _ in range(count):
                self.addCleanup(self.open(IDLE).close)
            wait_for(lambda: self.servers[IDLE].accepted >= accepted or self.failed(), "the tunnels")
            self.assertEqual(self.failed(), [])

        open_many(200)  # what is made once
        before, files = self.memory(), self.world.gateway.descriptors()
        open_many(400)
        each = (self.memory() - before) * 1024 / 400
        print(f"{each:.0f} bytes an idle tunnel")
        self.assertLessEqual(self.world.gateway.descriptors() - files, 2 * 400 + 8)
        # A sanitizer holds memory of its own for each byte.
        code = Path(program()).read_bytes()
        if b"__asan_init" not in code and b"__tsan_init" not in code:
            self.assertLess(each, 6000)


if __name__ == "__main__":
    unittest.main()
