"""Tunnels: how fast bytes go through one, and what an idle one keeps in memory."""

import socket
import statistics
import sys
import time

import subjects
from processes import resident
from servers import Holder

IDLE = 7000  # silent tunnels, over those before: what grows by steps is small beside them
SETTLING = 500  # opened before the memory is looked at: what is made once, and for a batch


def open_tunnels(target, count):
    """Tunnels that say nothing, a hundred at a time: what is needed for opening shall not be taken
    for what an open one costs. `target` as bench_load takes it."""
    options = dict(zip(target[::2], target[1::2]))
    address = options.get("--proxy") or options["--origin"]
    host, _, port = address.rpartition(":")
    head = open(options["--connect"], "rb").read() if "--connect" in options else b""
    streams = []
    while len(streams) < count:
        fresh = [socket.create_connection((host, int(port)), 30)
                 for _ in range(min(100, count - len(streams)))]
        for stream in fresh:
            stream.sendall(head)
        for stream in fresh if head else ():
            answer = b""
            while b"\r\n\r\n" not in answer:
                data = stream.recv(4096)
                if not data:
                    raise subjects.Failure(f"{address} hung up on a CONNECT after {answer!r}")
                answer += data
            if answer.split(b" ", 2)[1] != b"200":
                raise subjects.Failure(f"{address} answered a CONNECT with {answer!r}")
        streams += fresh
    return streams


def idle_cost(bench, kind):
    """Bytes of resident memory of the proxy for each tunnel."""
    address = f"127.0.0.2:{subjects.free_port('127.0.0.2')}"
    stream, bench.stream = bench.stream, address
    server = Holder(address)
    streams = []
    subject = bench.start(kind, name=f"{kind.name}-idle")
    try:
        target = subject.stream_target(address)
        streams += open_tunnels(target, SETTLING)
        wait_for_all(server, SETTLING)
        before = resident(subject.pids())
        streams += open_tunnels(target, IDLE)
        wait_for_all(server, SETTLING + IDLE)
        return (resident(subject.pids()) - before) / IDLE
    finally:
        bench.stream = stream
        for each in streams:
            each.close()
        server.stop()
        bench.end(subject)


def wait_for_all(server, count):
    """A connection to the origin for each tunnel: some proxies open it late."""
    deadline = time.monotonic() + 30
    while len(server.held) < count:
        if time.monotonic() > deadline:
            raise subjects.Failure(f"{len(server.held)} of {count} tunnels reached the origin")
        time.sleep(0.05)


def measure(bench):
    """{name: {"rate": GiB/s, "cpu": CPU seconds a GiB, "idle": bytes}} of medians, and the rounds."""
    args = bench.args
    running = [bench.start(kind, name=f"{name}-tunnel") for name, kind in subjects.TUNNELS.items()]
    rounds = {name: [] for name in subjects.TUNNELS}
    for number in range(args.rounds):
        for name, subject in zip(subjects.TUNNELS, running):
            rounds[name].append(bench.measure(subject, "stream", args.seconds, 1,
                                              subject.stream_target(bench.stream)))
        print(f"tunnels: round {number + 1} of {args.rounds}", file=sys.stderr)
    for subject in running:
        bench.end(subject)
    result = {}
    for name, kind in subjects.TUNNELS.items():
        cpu = [each["cpu_us"] for each in rounds[name] if each["cpu_us"] is not None]
        result[name] = {"rate": statistics.median(each["rate"] for each in rounds[name]),
                        "cpu": statistics.median(cpu) / 1e6 if cpu else None,
                        "idle": idle_cost(bench, kind) if cpu else None}
    return result, rounds


def print_table(result):
    row = "{:11}{:>9}{:>11}{:>14}"
    print(row.format("a tunnel", "GiB/s", "CPU s/GiB", "idle, bytes"))
    for name, its in result.items():
        cpu = "-" if its["cpu"] is None else f"{its['cpu']:.2f}"
        idle = "-" if its["idle"] is None else f"{its['idle']:.0f}"
        print(row.format(name, f"{its['rate']:.2f}", cpu, idle))
    print()
