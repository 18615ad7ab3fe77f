"""What more of something does to ssmgate: processors, rules, idle tunnels, and the audit log's file.

Two gateways that differ in that alone, in turns; the second's rate as a multiple of the first's.
"""

import os
import resource
import statistics
import sys

import subjects
from servers import Holder
from tunnels import open_tunnels, wait_for_all

MANY_RULES = 10_000


def most_tunnels():
    """As many as the limit of descriptors leaves: two for each, here and in the gateway."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(10_000, (hard - 2000) // 2)


def pair(bench, first, second, mode):
    """Rounds in turns: (rates of the first, rates of the second), CPU likewise."""
    rates, cpu = ([], []), ([], [])
    for subject in (first, second):
        bench.measure(subject, mode, 1)
    for _ in range(bench.args.rounds):
        for number, subject in enumerate((first, second)):
            result = bench.measure(subject, mode, bench.args.seconds)
            rates[number].append(result["rate"])
            cpu[number].append(result["cpu_us"])
    return {"first": statistics.median(rates[0]), "second": statistics.median(rates[1]),
            "cpu_first": statistics.median(cpu[0]), "cpu_second": statistics.median(cpu[1]),
            "rounds": rates}


def start(bench, name, core=None, **settings):
    subject = subjects.Ssmgate(bench, name=name, **settings)
    subject.core = bench.subjects_core if core is None else core
    bench.adopt(subject)
    subject.run()
    return subject


def compare(bench, what, first, second, mode):
    found = {"what": what, **pair(bench, first, second, mode)}
    for subject in (first, second):
        bench.end(subject)
    return found


def with_tunnels(bench):
    count = most_tunnels()
    address = f"127.0.0.2:{subjects.free_port('127.0.0.2')}"
    stream, bench.stream = bench.stream, address
    server, streams = Holder(address), []
    few, many = start(bench, "few-tunnels"), start(bench, "many-tunnels")
    try:
        streams += open_tunnels(few.stream_target(address), 10)
        streams += open_tunnels(many.stream_target(address), count)
        wait_for_all(server, count + 10)
        found = pair(bench, few, many, "warm")
    finally:
        bench.stream = stream
        for each in streams:
            each.close()
        server.stop()
    for subject in (few, many):
        bench.end(subject)
    return {"what": f"10 and {count:,} idle tunnels, warm", **found}


def measure(bench):
    """[{"what", "first", "second": requests a second, "cpu_first", "cpu_second": µs each}]"""
    result = []
    if os.cpu_count() > 1:
        result.append(compare(bench, "one and all processors, cold",
                              start(bench, "one-core", core=0), start(bench, "all-cores"), "cold"))
    result.append(compare(bench, f"10 and {MANY_RULES:,} rules, warm",
                          start(bench, "few-rules", rules=10),
                          start(bench, "many-rules", rules=MANY_RULES), "warm"))
    result.append(with_tunnels(bench))
    result.append(compare(bench, "the audit log to nowhere and to its file, warm",
                          start(bench, "no-file", sink="{type: file, path: /dev/null}"),
                          start(bench, "file"), "warm"))
    print("growth: done", file=sys.stderr)
    return result, result


def print_table(result):
    row = "{:48}{:>10}{:>10}{:>8}{:>9}{:>9}"
    print(row.format("growth", "first/s", "second/s", "ratio", "CPU us", "CPU us"))
    for each in result:
        print(row.format(each["what"], f"{each['first']:.0f}", f"{each['second']:.0f}",
                         f"{each['second'] / each['first']:.2f}x", f"{each['cpu_first']:.0f}",
                         f"{each['cpu_second']:.0f}"))
    print()
