"""What idle tunnels cost in memory: that many at once, all silent, each to a server that is silent.

    SSMGATE=build/release/ssmgate python3 tests/load/idle_tunnels.py [--tunnels 20000] [--each 4194]

Fails when one takes more than --each bytes of resident memory over what the gateway has without
them (4,194 are 80 MiB for 20,000), the moment all are open or after some seconds of idling, when one
of them then does not carry a byte there and one back, when the end of one is not in the log, or when
a command beside them fails. A tunnel is two descriptors here and two in the gateway; where the limit
of descriptors is too low and cannot be raised it says so, and fails. Takes half a minute, most of it
idling. Prints one line of JSON.
"""

import argparse
import json
import resource
import sys
import time

from slow_loris import command, open_from, resident
from servers import Holder
from waiting import wait_for
from world import World

NAMES = [f"idle-{number}.example.test" for number in range(8)]  # each has ports of its own to use
SETTLE = 11  # seconds; the gateway gives back what opening them needed every five


def allow_descriptors(wanted):
    """Raises the limit for this process and the gateway that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard >= wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, PermissionError):
        sys.exit(f"{wanted} descriptors are needed and the limit is {hard}: raise it "
                 f"(`ulimit -n {wanted}` as root), or take fewer --tunnels")


def answered(stream):
    """The CONNECT's answer has come, and nothing behind it."""
    stream.settimeout(60)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += stream.recv(1000) or sys.exit(f"hung up on after {answer!r}")
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"a CONNECT was answered {answer!r}")


def open_tunnels(world, count, batch=250):
    """Some hundred at a time: each is silent for 300 ms before its way is opened."""
    streams = []
    while len(streams) < count:
        fresh = []
        for _ in range(min(batch, count - len(streams))):
            number = len(streams) + len(fresh)
            stream = open_from(number, world.gateway.port)
            stream.setblocking(True)
            name = NAMES[number % len(NAMES)]
            stream.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
            fresh.append(stream)
        for stream in fresh:
            answered(stream)
        streams += fresh
    return streams


def carry(sources, sinks, byte):
    """A byte by each tunnel; whose it is does not matter, that none is missing does."""
    for source in sources:
        source.sendall(byte)
    for sink in sinks:
        sink.settimeout(60)
        if (came := sink.recv(2)) != byte:
            sys.exit(f"a tunnel carried {came!r} instead of {byte!r}")


def results_of(world):
    """How many requests and tunnels have ended, by the log; a tenth of the time of reading JSON."""
    return world.gateway.audit_file.read_bytes().count(b'"event":"result"')


def run(options):
    allow_descriptors(2 * options.tunnels + 1000)
    holders = [Holder() for _ in NAMES]
    resolve = {f"{name}:443": holder.address for name, holder in zip(NAMES, holders)}
    with World(limits={"connections": options.tunnels + 1000}, egress={"deny_addresses": []},
               upstream={"resolve": resolve, "connect_timeout": "30s"}) as world:
        command(world)
        base = resident(world)
        begun = time.monotonic()
        streams = open_tunnels(world, options.tunnels)
        wait_for(lambda: sum(len(holder.held) for holder in holders) == options.tunnels,
                 "every tunnel to be open")
        took = time.monotonic() - begun
        at_once = resident(world) - base
        beside = command(world)
        time.sleep(SETTLE)
        cost = resident(world) - base
        results = results_of(world)
        report = {"tunnels": options.tunnels, "base_kib": base, "cost_kib": cost,
                  "bytes_each": cost * 1024 // options.tunnels,
                  "bytes_each_at_once": at_once * 1024 // options.tunnels,
                  "opened_in_s": round(took, 1),
                  "command_beside_ms": round(beside * 1000, 1)}
        far_ends = [stream for holder in holders for stream in holder.held]
        carry(streams, far_ends, b"x")
        carry(far_ends, streams, b"y")
        for stream in streams + far_ends:
            stream.close()
        wait_for(lambda: results_of(world) - results == options.tunnels,
                 "the record of each tunnel's end")
        time.sleep(SETTLE)
        report["after_kib"] = resident(world) - base
    for holder in holders:
        holder.stop()
    print(json.dumps(report))
    return 0 if max(report["bytes_each"], report["bytes_each_at_once"]) <= options.each else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--tunnels", type=int, default=20000)
    parser.add_argument("--each", type=int, default=4194, help="bytes over the base")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
