"""How often the gateway allocates for what it relays: a count, which no other load can change.

tests/support/count_allocations.cpp, loaded into the gateway, counts. Every allocation of every
thread is in it: TLS on both sides, the judgement, two records in the log, the session in the store.
"""

import os
import struct
import unittest

from clients import ALICE, TARGET
from raw import connect, open_tls, read_answer, signed
from servers import Server
from test_tunnel import ECHO, echo
from waiting import wait_for
from world import World

REQUESTS = 100
# Bounds, a fifth above what was counted: 113, 64, and 28 more for 60 KB that come in some 30 pieces.
START_SESSION = 135
OTHER_REQUEST = 77
LARGE_BODY = 34
# What goes on beside: the looks at what is over, at files, at the clock.
BESIDE = 100


class CountingWorld(World):
    """Its gateway counts its allocations."""

    def surroundings(self):
        path = self.folder / "allocations"
        if not path.exists():
            path.write_bytes(bytes(8))
        library = os.environ.get("SSMGATE_COUNT_ALLOCATIONS")
        if not library:
            raise AssertionError("SSMGATE_COUNT_ALLOCATIONS must name the library of "
                                 "count_allocations.cpp: run this test by ctest")
        made = super().surroundings()
        made.update(LD_PRELOAD=os.path.abspath(library), SSMGATE_ALLOCATIONS=str(path))
        return made

    def allocations(self):
        return struct.unpack("=Q", (self.folder / "allocations").read_bytes())[0]


class Allocations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.echo = Server(echo)
        cls.addClassCleanup(cls.echo.stop)
        cls.world = CountingWorld(upstream={"resolve": {f"{ECHO}:443": cls.echo.address}},
                                  egress={"deny_addresses": []})
        cls.addClassCleanup(cls.world.close)

    def of_a_request(self, operation, body):
        """On a kept connection that has had some before."""
        with open_tls(self.world) as stream:
            for number in range(2 * REQUESTS):
                if number == REQUESTS:
                    before = self.world.allocations()
                stream.sendall(signed(ALICE, operation, body))
                answer, _ = read_answer(stream)
                self.assertEqual(answer.status, 200, answer.body)
            return (self.world.allocations() - before) / REQUESTS

    def test_start_session(self):
        count = self.of_a_request("StartSession", {"Target": TARGET})
        self.assertGreater(count, 10, "nothing is counted")
        self.assertLess(count, START_SESSION)

    def test_another_request_and_a_large_body(self):
        small = self.of_a_request("DescribeInstanceInformation", {"Filters": []})
        large = self.of_a_request("DescribeInstanceInformation",
                                  {"Filters": [{"Key": "x", "Values": ["v" * 60_000]}]})
        self.assertLess(small, OTHER_REQUEST)
        self.assertLess(large - small, LARGE_BODY)

    def test_a_tunnel_allocates_nothing_for_what_it_carries(self):
        def pass_on(stream, size):
            block = bytes(65536)
            for _ in range(size // len(block)):
                stream.sendall(block)
                left = len(block)
                while left:
                    got = stream.recv(left)
                    self.assertTrue(got, "the tunnel ended")
                    left -= len(got)

        with connect(self.world.gateway.port, ECHO) as stream:
            pass_on(stream, 2**20)
            wait_for(lambda: self.world.gateway.audit("connect"), "the record of the tunnel")
            before = self.world.allocations()
            pass_on(stream, 64 * 2**20)
            self.assertLess(self.world.allocations() - before, BESIDE)


if __name__ == "__main__":
    unittest.main()
