"""Everything at once, for long: commands that pass, are refused and are no requests, tunnels full and
idle, clients that leave in the middle, slow ones, upstreams in trouble, reloads.

    SSMGATE=build/release/ssmgate python3 tests/load/mixed.py [--seconds 300]

Begins with as many sessions as a gateway remembers at the most (100,000), so that those of the run
take the places of older ones. Fails when an answer is not what it must be, when the gateway's memory
still grows in the second half of the run, when descriptors are left at the end, or when the audit
log's chain is broken. Under ASan keep what is ASan's own small: what it holds back of freed memory,
and the stacks of allocations, each of which it remembers for ever
(ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=2). Prints one line of JSON.
"""

import argparse
import contextlib
import hashlib
import json
import random
import socket
import sqlite3
import statistics
import struct
import sys
import threading
import time

from slow_loris import Loris, resident
from clients import ALICE, TARGET
from raw import connect, exchange, open_tls, read_answer, read_to_end, signed
from reloading import configure
from servers import Server, digest_after_end, free_port
from session_client import start, terminate
from waiting import wait_for
from world import World

DIGEST = "digest.example.test"
REFUSED_REGION = "xx-trouble-1"
REFUSED_HOST = f"ssm.{REFUSED_REGION}.amazonaws.com"
MOST_REMEMBERED = 100_000  # sessions, with those that have ended within a day
SLACK = 4096  # KiB of growth from the second quarter to the last that are no growth
SSH = {"Target": TARGET, "DocumentName": "AWS-StartSSHSession"}


def expect(value, wanted, what):
    if value != wanted:
        raise AssertionError(f"{what}: {value!r} instead of {wanted!r}")


class Load:
    """What one thread does again and again; `counts` by kind."""

    def __init__(self, world, seed):
        self._world, self._dice, self.counts = world, random.Random(seed), {}

    def once(self):
        kind = self._dice.choice((self.session, self.many, self.no_request, self.tunnel,
                                  self.leave, self.trouble, self.no_connect))
        kind()
        self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1

    def session(self):
        answer = exchange(self._world, signed(ALICE, "StartSession", {"Target": TARGET}))
        expect(answer.status, 200, f"a session ({answer.body!r})")

    def many(self):
        """One connection, allowed and refused requests by turns, sent ahead."""
        with open_tls(self._world) as stream:
            stream.sendall(b"".join(signed(ALICE, "StartSession", body)
                                    for body in ({"Target": TARGET}, SSH) * 5))
            rest = b""
            for number in range(10):
                answer, rest = read_answer(stream, rest)
                expect(answer.status, (200, 400)[number % 2],
                       f"a request sent ahead ({answer.body!r})")

    def no_request(self):
        with open_tls(self._world) as stream:
            stream.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")
            expect(read_answer(stream)[0].status, 400, "two lengths")

    def no_connect(self):
        with socket.create_connection(("127.0.0.1", self._world.gateway.port), 30) as stream:
            stream.sendall(b"GET / HTTP/1.1\r\n\r\n")
            expect(read_to_end(stream)[:12], b"HTTP/1.1 400", "no CONNECT")

    def tunnel(self):
        sent = b"no TLS" + self._dice.randbytes(self._dice.randrange(300_000))
        with connect(self._world.gateway.port, DIGEST) as stream:
            time.sleep(self._dice.choice((0, 0, 0.4)))  # longer than it is waited for
            stream.sendall(sent)
            stream.shutdown(socket.SHUT_WR)
            expect(read_to_end(stream).decode(), hashlib.sha256(sent).hexdigest(), "a tunnel")

    def leave(self):
        """A client that is gone after some bytes, by an end or by a reset."""
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(open_tls(self._world) if self._dice.random() < 0.5
                                         else connect(self._world.gateway.port))
            stream.sendall(request[:self._dice.randrange(len(request))])
            if self._dice.random() < 0.5:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def trouble(self):
        request = signed(ALICE, "StartSession", {"Target": TARGET}, REFUSED_HOST, REFUSED_REGION)
        answer = exchange(self._world, request, REFUSED_HOST)
        expect(answer.json["__type"], "SsmgateUpstreamError", "an upstream that refuses")


class Worker(threading.Thread):
    def __init__(self, world, seed, over):
        super().__init__(daemon=True)
        self.load, self._over, self.trouble = Load(world, seed), over, None

    def run(self):
        while not self._over.is_set() and self.trouble is None:
            try:
                self.load.once()
            except Exception as error:  # told by the main thread
                self.trouble = error


def check_chain(data):
    before, lines = None, data.split(b"\n")[:-1]
    for line in lines:
        record = json.loads(line)
        expect(record.get("prev"), before and hashlib.sha256(before).hexdigest(), "the chain")
        before = line
    return len(lines)


def fill(world):
    """As many sessions as are remembered at the most: copies of one that its owner has ended."""
    started = start(world)["SessionId"]
    expect(terminate(world, started).status, 200, "a session's end")
    wait_for(lambda: world.gateway.audit("session-end"), "the record of the end")
    world.gateway.stop()  # the store says by then that it is recorded
    with contextlib.closing(sqlite3.connect(world.gateway.folder / "state/sessions.db")) as store:
        row = store.execute("SELECT id, keep_until, text FROM sessions WHERE id = ?", [started])
        session, keep_until, text = row.fetchone()
        names = (f"{session[:-6]}-{number:05}" for number in range(MOST_REMEMBERED - 1))
        with store:
            store.executemany("INSERT INTO sessions VALUES (?, ?, ?)",
                              ((name, keep_until, text.replace(session, name)) for name in names))
    world.gateway.start()
    known = [line for line in world.gateway.log.text.splitlines() if "known from before" in line]
    expect(known[-1].endswith(f": {MOST_REMEMBERED}"), True, "that all are known")


def watch(world, workers, seconds):
    """The resident memory of each second; a reload every ten."""
    samples, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        samples.append(resident(world))
        if len(samples) % 10 == 0:
            configure(world.gateway, upstream={"response_timeout": f"{40 + len(samples) % 7}s"})
        for worker in workers:
            if worker.trouble is not None:
                print(world.gateway.log.text[-4000:], file=sys.stderr)
                raise worker.trouble
    return samples


def run(options):
    digest = Server(digest_after_end)
    resolve = {f"{DIGEST}:443": digest.address, f"{REFUSED_HOST}:443": f"127.0.0.1:{free_port()}"}
    limits = {"header_timeout": "5s", "connections_per_client": 5000}
    # Sessions that nobody attaches to end after a minute: of those, a steady number is kept.
    sessions = {"max_per_user": 50000, "max_duration": "1m"}
    with World(limits=limits, egress={"deny_addresses": []}, upstream={"resolve": resolve},
               sessions=sessions) as world:
        fill(world)
        Load(world, 0).session()
        base = resident(world)
        descriptors, over = world.gateway.descriptors(), threading.Event()
        loris = Loris(world.gateway.port, 100)
        workers = [Worker(world, seed, over) for seed in range(options.workers)]
        for thread in (loris, *workers):
            thread.start()
        samples = watch(world, workers, options.seconds)
        over.set()
        loris.over.set()
        for thread in (loris, *workers):
            thread.join()
        configure(world.gateway, upstream={"response_timeout": "39s"})  # lets go of warm ones
        # Pipes that tunnels have borrowed are kept for the next.
        wait_for(lambda: world.gateway.descriptors() <= descriptors + 4 * options.workers,
                 "the descriptors to be given back")
        Load(world, 1).session()
        quarter = max(1, len(samples) // 4)
        second = statistics.median(samples[quarter:2 * quarter])
        last = statistics.median(samples[-quarter:])
        counts = {}
        for worker in workers:
            for kind, count in worker.load.counts.items():
                counts[kind] = counts.get(kind, 0) + count
        world.gateway.stop()
        report = {"seconds": options.seconds, "done": counts, "second_quarter_kib": second,
                  "last_quarter_kib": last, "peak_kib": max(samples),
                  "base_kib": base, "slow_hung_up_on": loris.lost,
                  "audit_lines": check_chain(world.gateway.audit_file.read_bytes())}
    digest.stop()
    print(json.dumps(report))
    # The sessions are most of the base, and do not become more.
    return 0 if last <= second + SLACK else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--workers", type=int, default=6)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
