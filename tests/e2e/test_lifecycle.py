"""What a service manager hears of the gateway, from its start to its end."""

import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

from clients import ALICE, TARGET
from raw import (HOST, connect, exchange, handshake_and, open_tls, read_answer, read_to_end, signed,
                 trusting)
from reloading import configure, hang_up, replace
from servers import Server
from waiting import Output, wait_for
from world import World, program

SESSION = {"Target": TARGET}


class Manager:
    """A service manager's end of NOTIFY_SOCKET: the messages, each as a dictionary."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)
        self.messages = []

    def heard(self, name):
        try:
            while True:
                text = self._socket.recv(65536).decode()
                self.messages.append(dict(line.split("=", 1) for line in text.split("\n") if line))
        except BlockingIOError:
            pass
        return [message for message in self.messages if name in message]

    def wait(self, name, count=1):
        wait_for(lambda: len(self.heard(name)) >= count, f"{name} from the gateway")
        return self.heard(name)[-1]

    def close(self):
        self._socket.close()


class Managed(unittest.TestCase):
    """The gateway started again, under a service manager; its WatchdogSec is 0.3 s."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway
        self.manager = Manager(self.world.folder)
        self.addCleanup(self.manager.close)
        self.restart(WATCHDOG_USEC="300000")

    def restart(self, **more):
        self.gateway.stop()
        environment = dict(self.world.surroundings(), NOTIFY_SOCKET=str(self.manager.path), **more)
        self.gateway.surroundings = environment
        self.gateway.start()

    def test_ready_once_it_listens(self):
        ready = self.manager.wait("READY")
        self.assertIn(f"listening on 127.0.0.1:{self.gateway.port}", ready["STATUS"])
        self.assertEqual(exchange(self.world, signed(ALICE, "StartSession", SESSION)).status, 200)

    def test_a_reload_is_told_with_its_time_and_its_end(self):
        self.manager.wait("READY")
        before = time.monotonic_ns() // 1000
        hang_up(self.gateway)
        self.manager.wait("READY", 2)
        told = self.manager.wait("RELOADING")
        self.assertGreaterEqual(int(told["MONOTONIC_USEC"]), before)
        kinds = [kind for message in self.manager.messages for kind in ("READY", "RELOADING")
                 if kind in message]
        self.assertEqual(kinds, ["READY", "RELOADING", "READY"])

    def test_a_refused_reload_shows_in_the_status(self):
        self.manager.wait("READY")
        replace(self.gateway.folder / "policy.yaml", "version: 1\nalow: []\n")
        hang_up(self.gateway)
        status = self.manager.wait("READY", 2)["STATUS"]
        self.assertIn("refused", status)
        self.assertIn("policy.yaml:2:1: error: ", status)

    def test_the_end_is_told_with_the_time_it_may_take(self):
        self.manager.wait("READY")
        self.gateway.stop()
        told = self.manager.wait("STOPPING")
        self.assertGreaterEqual(int(told["EXTEND_TIMEOUT_USEC"]), 30_000_000)

    def test_the_watchdog_is_fed_by_a_loop_that_turns_and_by_no_other(self):
        self.manager.wait("WATCHDOG", 3)
        # Stopped as a whole it stands for a loop that hangs: nothing else may feed the dog.
        self.gateway.process.send_signal(signal.SIGSTOP)
        fed = len(self.manager.heard("WATCHDOG"))
        with self.assertRaises(AssertionError):
            wait_for(lambda: len(self.manager.heard("WATCHDOG")) > fed + 1, "the dog", 1.0)
        self.gateway.process.send_signal(signal.SIGCONT)
        self.manager.wait("WATCHDOG", fed + 3)

    def test_without_a_manager_nothing_is_told(self):
        told = len(self.manager.heard("READY"))
        self.gateway.stop()
        self.gateway.surroundings = self.world.surroundings()
        self.gateway.start()
        self.assertEqual(exchange(self.world, signed(ALICE, "StartSession", SESSION)).status, 200)
        self.assertEqual(len(self.manager.heard("READY")), told)


class Drain(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway

    def in_hand(self, stream):
        """A request that the gateway has the head of; what is missing of it."""
        request = signed(ALICE, "StartSession", SESSION, unsigned=[("Expect", "100-continue")])
        head, end, body = request.partition(b"\r\n\r\n")
        stream.sendall(head + end)
        self.assertEqual(stream.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        return body

    def test_a_request_in_hand_is_answered(self):
        with open_tls(self.world) as stream:
            rest = self.in_hand(stream)
            self.gateway.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "draining" in self.gateway.log.text, "the drain")
            stream.sendall(rest)
            self.assertEqual(read_answer(stream)[0].status, 200)
            self.assertEqual(read_to_end(stream), b"")
        self.gateway.process.wait(20)
        self.assertEqual(self.gateway.process.returncode, 0)

    def test_a_request_that_comes_with_the_end_of_the_handshake(self):
        """TLS has read it ahead, and nobody could be told what became of it."""
        with connect(self.gateway.port) as stream, open_tls(self.world) as idle:
            flight = handshake_and(stream, trusting(self.gateway.ca),
                                   signed(ALICE, "StartSession", SESSION))
            self.gateway.process.send_signal(signal.SIGTERM)
            self.assertEqual(read_to_end(idle), b"")  # the drain has begun
            stream.sendall(flight)
            read_to_end(stream)
        self.gateway.process.wait(20)
        self.assertEqual(self.gateway.audit("decision"), [])
        self.assertEqual(self.world.stand_in.records(operation="StartSession"), [])

    def test_no_reload_begins_in_a_drain(self):
        with open_tls(self.world) as stream:
            self.in_hand(stream)
            self.gateway.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "draining" in self.gateway.log.text, "the drain")
            replace(self.gateway.folder / "policy.yaml", "version: 1\nallow: []\n")
            self.gateway.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)  # what must not happen has no sign of its own
            self.assertIsNone(self.gateway.process.poll(), "SIGHUP is no second SIGTERM")
            self.assertNotIn("reload", self.gateway.log.text)
            self.gateway.process.send_signal(signal.SIGTERM)
            self.gateway.process.wait(20)
        self.assertEqual(self.gateway.audit("policy"), [])
        self.assertEqual(self.gateway.process.returncode, 0)

    def test_a_second_signal_ends_at_once(self):
        with open_tls(self.world) as stream:
            self.in_hand(stream)
            self.gateway.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "draining" in self.gateway.log.text, "the drain")
            begun = time.monotonic()
            self.gateway.process.send_signal(signal.SIGTERM)
            self.gateway.process.wait(20)
            self.assertLess(time.monotonic() - begun, 9)
        self.assertEqual(self.gateway.audit()[-1]["event"], "stop")
        line, = self.gateway.audit("connect")
        self.assertEqual((line["closed_by"], line["message"]),
                         ("shutdown", "ended before the request was whole"))

    def test_what_a_second_signal_cuts_is_not_put_down_to_the_upstream(self):
        with Server(read_to_end) as silent:
            configure(self.gateway, upstream={"resolve": {f"{HOST}:443": silent.address}})
            with open_tls(self.world) as stream:
                stream.sendall(signed(ALICE, "StartSession", SESSION))
                wait_for(lambda: silent.accepted, "the way up")
                self.gateway.process.send_signal(signal.SIGTERM)
                wait_for(lambda: "draining" in self.gateway.log.text, "the drain")
                self.gateway.process.send_signal(signal.SIGTERM)
                self.gateway.process.wait(20)
        line, = self.gateway.audit("result")
        self.assertEqual((line["closed_by"], "code" in line), ("shutdown", False))
        self.assertNotIn(f"upstream {HOST}", self.gateway.log.text)


def start_limited(gateway, code):
    """The gateway behind a small Python that lowers its limits first."""
    gateway.process = subprocess.Popen(
        [sys.executable, "-c", code, program(), "serve", "--config", str(gateway.config_file)],
        env=gateway.surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=gateway.folder)
    gateway.output, gateway.log = Output(gateway.process.stdout), Output(gateway.process.stderr)
    gateway.port = wait_for(gateway.listening, "the gateway")[0]


class Descriptors(unittest.TestCase):
    def test_running_out_of_descriptors_is_survived(self):
        # UBSan looks at an object's memory through a pipe, and takes the want of one for a fault.
        if b"__ubsan_handle" in Path(program()).read_bytes():
            self.skipTest("UBSan itself does not survive it")
        with World() as world:
            world.gateway.stop()
            limit = 64
            code = f"import os,resource,sys; resource.setrlimit(resource.RLIMIT_NOFILE," \
                   f"({limit},{limit})); os.execv(sys.argv[1], sys.argv[1:])"
            start_limited(world.gateway, code)
            streams = []
            try:
                for _ in range(2 * limit):
                    streams.append(socket.create_connection(("127.0.0.1", world.gateway.port), 10))
                wait_for(lambda: "could not be accepted" in world.gateway.log.text, "the warning")
            finally:
                for stream in streams:
                    stream.close()
            answer = exchange(world, signed(ALICE, "StartSession", SESSION))
            self.assertEqual(answer.status, 200)
            # Said once in a while, not once a connection.
            self.assertLess(world.gateway.log.text.count("could not be accepted"), 5)


class Overload(unittest.TestCase):
    LIMITS = {"connections": 4, "header_timeout": "1s", "handshake_timeout": "1s",
              "body_timeout": "1s", "keepalive_timeout": "2s"}

    def setUp(self):
        self.world = World(limits=self.LIMITS)
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway

    def plain(self, data=b""):
        stream = socket.create_connection(("127.0.0.1", self.gateway.port), 10)
        self.addCleanup(stream.close)
        stream.sendall(data)
        return stream

    def ends_within(self, stream, least, most):
        begun = time.monotonic()
        read_to_end(stream)
        self.assertGreater(time.monotonic() - begun, least)
        self.assertLess(time.monotonic() - begun, most)

    def test_one_too_many_is_turned_away_at_once_and_named(self):
        held = [self.plain(b"CONNECT ") for _ in range(4)]
        self.ends_within(self.plain(), 0, 0.9)
        wait_for(lambda: "over-limit" in self.gateway.log.text, "the operator's line")
        for stream in held:
            stream.close()
        wait_for(lambda: self.status() == 200, "room again")

    def status(self):
        try:
            return exchange(self.world, signed(ALICE, "StartSession", SESSION)).status
        except (OSError, AssertionError):
            return None

    def test_each_stage_has_its_own_deadline(self):
        self.ends_within(self.plain(b"CONNECT ssm.us"), 0.5, 8)
        self.ends_within(self.plain(b"CONNECT ssm.us-east-1.amazonaws.com:443 HTTP/1.0\r\n\r\n"),
                         0.5, 8)
        with open_tls(self.world) as stream:
            stream.sendall(b"POST / HTTP/1.1\r\n")
            self.ends_within(stream, 0.5, 8)
        with open_tls(self.world) as stream:
            stream.sendall(signed(ALICE, "StartSession", SESSION)[:-3])
            self.ends_within(stream, 0.5, 8)
        with open_tls(self.world) as stream:
            self.ends_within(stream, 1.5, 9)
        said = [line for line in self.gateway.audit("connect") if "message" in line]
        for stage in ("handshake-timeout", "header-timeout", "body-timeout"):
            of_it = [line["closed_by"] for line in said if line["message"].startswith(stage)]
            self.assertEqual(set(of_it), {"deadline"}, (stage, said))
        self.assertIn("header-timeout: no whole CONNECT came", [line["message"] for line in said])

    def test_a_byte_now_and_then_does_not_buy_more_time(self):
        stream = self.plain()
        begun = time.monotonic()
        try:
            for byte in b"CONNECT ssm.us-east-1.amazonaws.com:443 HTTP/1.0\r\nX: " + b"x" * 200:
                stream.sendall(bytes([byte]))
                stream.settimeout(0.1)
                try:
                    if not stream.recv(1):
                        break
                except TimeoutError:
                    pass
        except OSError:
            pass
        self.assertLess(time.monotonic() - begun, 8)


if __name__ == "__main__":
    unittest.main()
