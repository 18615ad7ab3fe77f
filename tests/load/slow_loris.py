"""Slow clients and a flood of new ones beside one person's command.

    SSMGATE=build/release/ssmgate python3 tests/load/slow_loris.py [--seconds 20] [--slow 2000]
        [--rate 500] [--idle 0] [--limit 1]

Fails when a command of the ordinary user takes --limit seconds or more, or is lost. Everything is on
loopback; nothing outlasts the run. Prints one line of JSON.
"""

import argparse
import json
import resource
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from clients import ALICE, TARGET  # noqa: E402
from raw import HOST, exchange, signed  # noqa: E402
from waiting import wait_for  # noqa: E402
from world import World  # noqa: E402


def source(number):
    """An address of loopback for each client, so that the limit of one is not the limit of all."""
    return f"127.1.{number // 200 % 200}.{number % 200 + 1}"


def open_from(number, port):
    stream = socket.socket()
    stream.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    stream.bind((source(number), 0))
    stream.setblocking(False)
    try:
        stream.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    return stream


class Loris(threading.Thread):
    """Keeps `count` connections that send a byte of a CONNECT now and then; new for each lost."""

    HEAD = f"CONNECT {HOST}:443 HTTP/1.1\r\nX-Slow: ".encode()

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self._port, self._count, self.over = port, count, threading.Event()
        self.opened = self.lost = 0
        self.held = 0

    def run(self):
        streams = {}
        while not self.over.is_set():
            # At most 250 at a time: the flood is the other thread's task.
            for _ in range(min(self._count - len(streams), 250)):
                self.opened += 1
                streams[open_from(self.opened, self._port)] = 0
            for stream, sent in list(streams.items()):
                try:
                    stream.send(self.HEAD[sent:sent + 1] or b"x")
                    streams[stream] += 1
                except BlockingIOError:
                    pass
                except OSError:
                    self.lost += 1
                    stream.close()
                    del streams[stream]
            self.held = len(streams)
            self.over.wait(0.5)
        for stream in streams:
            stream.close()


class Flood(threading.Thread):
    """`rate` new connections a second, each closed after a second without a byte."""

    def __init__(self, port, rate):
        super().__init__(daemon=True)
        self._port, self._rate, self.over, self.opened = port, rate, threading.Event(), 0

    def run(self):
        begun, streams = time.monotonic(), []
        while not self.over.is_set():
            due = int((time.monotonic() - begun) * self._rate) - self.opened
            for _ in range(due):
                self.opened += 1
                streams.append((time.monotonic(), open_from(self.opened + 7, self._port)))
            while streams and streams[0][0] < time.monotonic() - 1:
                streams.pop(0)[1].close()
            self.over.wait(0.01)
        for _, stream in streams:
            stream.close()


def hold_idle(world, count):
    """`count` connections that say nothing; what they cost in kB of resident memory."""
    before = resident(world)
    streams = [open_from(number, world.gateway.port) for number in range(count)]
    wait_for(lambda: world.gateway.descriptors() >= count, "the gateway to take them all")
    cost = resident(world) - before
    return streams, cost


def resident(world):
    status = Path(f"/proc/{world.gateway.process.pid}/status").read_text()
    return int(next(line for line in status.split("\n") if line.startswith("VmRSS")).split()[1])


def command(world):
    begun = time.monotonic()
    answer = exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
    if answer.status != 200:
        raise AssertionError(f"a command was answered {answer.status}: {answer.body!r}")
    return time.monotonic() - begun


def run(options):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    report = {}
    limits = {"connections": 65000, "header_timeout": "10s"}
    if options.idle:
        limits["header_timeout"] = "10m"
    with World(limits=limits, sessions={"max_per_user": 50000}) as world:
        streams = []
        command(world)
        report["base_kib"] = resident(world)
        if options.idle:
            streams, report["idle_kib"] = hold_idle(world, options.idle)
            report["idle"] = options.idle
            report["idle_bytes_each"] = report["idle_kib"] * 1024 // options.idle
        loris = Loris(world.gateway.port, options.slow)
        flood = Flood(world.gateway.port, options.rate)
        loris.start()
        flood.start()
        wait_for(lambda: loris.held >= options.slow, "the slow ones to be there")
        took, end = [], time.monotonic() + options.seconds
        while time.monotonic() < end:
            took.append(command(world))
        loris.over.set()
        flood.over.set()
        loris.join()
        flood.join()
        for stream in streams:
            stream.close()
        report.update(commands=len(took), median_ms=round(statistics.median(took) * 1000, 1),
                      worst_ms=round(max(took) * 1000, 1), slow=options.slow,
                      slow_hung_up_on=loris.lost, new_connections=flood.opened,
                      peak_kib=resident(world))
        command(world)
    print(json.dumps(report))
    return 0 if report["worst_ms"] < 1000 * options.limit else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--slow", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--limit", type=float, default=1, help="seconds a command may take")
    parser.add_argument("--idle", type=int, default=0, help="connections that say nothing")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
