"""What the tests of faults share: a gateway whose calls fail one after another, and what must hold
after each: one closing record, nothing left behind, nothing upstream without a permit, and nothing
there twice.

tests/support/faulty_io.cpp, loaded into the gateway, fails the call; this file says which.
"""

import contextlib
import mmap
import os
import socket
import ssl
import struct
import unittest

from clients import ALICE, TARGET
from raw import connect, read_answer, read_to_end, signed, trusting
from reloading import configure
from servers import Server
from waiting import wait_for
from world import World, merge

# As faulty_io.cpp numbers them.
KINDS = {"reset": 1, "time-out": 2, "refusal": 3, "end": 4, "short": 5, "no memory": 6}
CALLS = {1: "recv", 2: "send", 3: "connect", 4: "accept", 5: "splice", 6: "shutdown"}
ECHO = "echo.example.test"
REGIONS = 400
MOST_STEPS = 100
LOST = (EOFError, OSError, ssl.SSLError, AssertionError)


def region_of(number):
    return f"xx-fault-{number}"


def host_of(region):
    return f"ssm.{region}.amazonaws.com"


def library():
    path = os.environ.get("SSMGATE_FAULTY_IO")
    if not path:
        raise AssertionError("SSMGATE_FAULTY_IO must name the library of faulty_io.cpp: run this "
                             "test by ctest")
    return os.path.abspath(path)


class FaultyWorld(World):
    """Its gateway makes its calls through faulty_io."""

    def surroundings(self):
        path = self.folder / "faults"
        if not path.exists():
            path.write_bytes(bytes(16))
        made = super().surroundings()
        # ASan looks whether it is the first library; its own calls do not go through ours.
        sanitizer = made.get("ASAN_OPTIONS", "")
        made.update(LD_PRELOAD=library(), SSMGATE_FAULTS=str(path),
                    ASAN_OPTIONS=f"{sanitizer}:verify_asan_link_order=0")
        return made

    def open_faults(self):
        with open(self.folder / "faults", "r+b") as file:
            self.faults = mmap.mmap(file.fileno(), 16)

    def fail(self, number, kind):
        self.faults[:] = struct.pack("=4I", 0, kind, 0, 0)
        self.faults[:4] = struct.pack("=I", number)

    def failed(self):
        """The call that has failed, if one has; none will any more."""
        self.faults[:4] = bytes(4)
        return CALLS.get(struct.unpack("=4I", self.faults[:])[3])


class FaultCase(unittest.TestCase):
    """What stands around the gateway is for those who derive from it: `prepare` gives changes of its
    configuration, `enter` a stream behind a CONNECT."""

    SPLICED = True  # its tunnels are between plain sockets

    @classmethod
    def prepare(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        cls.echo = Server(cls.serve_echo)
        cls.addClassCleanup(cls.echo.stop)
        changes = {
            "upstream": {"connect_timeout": "2s", "response_timeout": "2s"},
            "egress": {"deny_addresses": []},
            "limits": {"header_timeout": "2s", "handshake_timeout": "2s", "body_timeout": "2s"}}
        merge(changes, cls.prepare())
        cls.world = FaultyWorld(**changes)
        cls.addClassCleanup(cls.world.close)
        cls.world.open_faults()
        cls.regions = iter(range(REGIONS))
        configure(cls.world.gateway, upstream={"resolve": cls.resolve()})
        cls.warm_up()

    @classmethod
    def resolve(cls):
        """A region is new each time, so that its connection upstream is made then and there."""
        api = f"127.0.0.1:{cls.world.stand_in.ports['api_port']}"
        regions = {f"{host_of(region_of(number))}:443": api for number in range(REGIONS)}
        return {**regions, f"{ECHO}:443": cls.echo.address}

    @staticmethod
    def serve_echo(stream):
        while data := stream.recv(65536):
            stream.sendall(data)
        stream.shutdown(socket.SHUT_WR)

    @classmethod
    def warm_up(cls):
        """The gateway's limits may be too short for a machine that is busy with the start."""
        case = cls()
        case.gateway = cls.world.gateway
        for _ in range(3):
            with contextlib.suppress(*LOST):
                if case.start_session() and case.echo_once():
                    return

    def setUp(self):
        self.patience = 2
        self.gateway = self.world.gateway
        self.assertTrue(self.start_session() and self.echo_once())  # what is made once
        self.descriptors = self.at_rest()

    def at_rest(self):
        """The gateway's descriptors when no client is there and no connection is kept."""
        self.keep_pipes()
        wait_for(lambda: not self.clients(), "the clients' connections to be closed")
        # Another configuration lets go of the connections that the one before has kept.
        self.patience = 5 - self.patience
        configure(self.gateway, upstream={"response_timeout": f"{self.patience}s"})
        return self.gateway.descriptors()

    def keep_pipes(self):
        """Has the gateway keep a pipe for each direction, whatever tunnels came before: one more is
        one that leaked. Nothing, where tunnels do without."""
        if not self.SPLICED:
            return
        sent, block, leaked = 0, bytes(65536), self.gateway.filled_pipes()

        def is_stuck():
            nonlocal sent
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent += stream.send(block)
            return self.gateway.filled_pipes() == leaked + 2
        with self.enter(ECHO) as stream:
            stream.setblocking(False)
            wait_for(is_stuck, "both directions to hold bytes that nobody takes")
            stream.settimeout(60)
            while sent > 0:
                got = len(stream.recv(min(sent, 1 << 20)))
                self.assertGreater(got, 0)
                sent -= got

    def clients(self):
        """Sockets that the gateway still holds for clients."""
        ours = set(self.gateway.open_files())
        found = []
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in list(table)[1:]:
                fields = line.split()
                port, state, inode = int(fields[1][-4:], 16), fields[3], fields[9]
                if port in self.gateway.ports and state != "0A" and f"socket:[{inode}]" in ours:
                    found.append(line)
        return found

    def each_step(self, act):
        """`act` with every step failed in every way; true: it succeeded. The calls that failed."""
        seen = set()
        for name, kind in KINDS.items():
            for number in range(1, MOST_STEPS):
                call = "a check"
                with self.subTest(name, number=number):
                    call = self.one_step(act, name, number, kind)
                if call is None:
                    break
                seen.add(call)
            else:
                self.fail(f"more than {MOST_STEPS} steps")
        return seen

    def one_step(self, act, name, number, kind):
        before, trouble = len(self.gateway.audit()), None
        self.world.fail(number, kind)
        try:
            done = act()
        except LOST as lost:
            done, trouble = False, lost
        call = self.world.failed()
        if call is None or name == "short":
            self.assertTrue(done, f"{trouble!r} after the {name} of {call}")
        wait_for(lambda: not self.clients(), f"the end after the {name} of a {call}")
        self.check(before)
        return call

    def check(self, begin):
        """What was begun since line `begin` of the audit log has ended, once."""
        self.write_mark()
        lines = self.gateway.audit()[begin:]
        relayed = [line for line in lines if line.get("decision") in ("allow", "relay")]
        refused = [line for line in lines if line["event"] in ("connect", "decision")
                   and "endpoint" in line and line not in relayed]
        self.assertLessEqual(len(relayed) + len(refused), 1, lines)
        for line in relayed:
            self.assertEqual(len(self.gateway.result_of(line)), 1)
        results = [line for line in self.gateway.audit()[begin:] if line["event"] == "result"]
        self.assertEqual(len(results), len(relayed))

    def write_mark(self):
        """A line behind all that the connection before it has had to say but its result. By the
        last listener, which is plain."""
        before = len(self.gateway.audit("connect"))
        port = self.gateway.ports[-1]

        def is_written():
            return any("endpoint" not in line and line["listener"].endswith(f":{port}")
                       for line in self.gateway.audit("connect")[before:])
        with socket.create_connection(("127.0.0.1", port), 30) as stream:
            stream.sendall(b"mark\r\n\r\n")
            read_to_end(stream)
        wait_for(is_written, "the mark")

    def enter(self, host):
        return connect(self.gateway.port, host)

    def in_tls(self, stream, host):
        return trusting(self.world.bundle).wrap_socket(stream, server_hostname=host)

    def start_session(self):
        region = region_of(next(self.regions))
        host = host_of(region)
        with self.enter(host) as outer, contextlib.closing(self.in_tls(outer, host)) as stream:
            stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}, host, region))
            return read_answer(stream)[0].status == 200

    def echo_once(self):
        sent = bytes(range(256)) * 40
        with self.enter(ECHO) as stream:
            stream.sendall(sent)
            stream.shutdown(socket.SHUT_WR)
            return read_to_end(stream) == sent

    def assert_at_rest(self):
        wait_for(lambda: self.at_rest() <= self.descriptors, "every descriptor to be closed")

    def assert_permitted(self):
        """Each request that arrived, whenever it did: once, and allowed before."""
        arrived = [record["sni"] for record in self.world.stand_in.records("request")]
        allowed = [line["endpoint"] for line in self.gateway.audit("decision")
                   if line["decision"] == "allow"]
        self.assertGreater(len(arrived), 10)
        self.assertEqual(len(arrived), len(set(arrived)), arrived)
        self.assertLessEqual(set(arrived), set(allowed))
