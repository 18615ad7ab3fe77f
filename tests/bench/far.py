"""A command to an upstream that is 20 ms away, by way of ssmgate and directly."""

import statistics

import subjects
from servers import SlowWay

FLIGHT = 0.02


def measure(bench):
    """Medians in ms of whole commands: {"through": …, "direct": …}, and the rounds."""
    args = bench.args
    way = SlowWay(bench.origin, FLIGHT)
    rounds = {"through": [], "direct": []}
    try:
        gateway = bench.start(subjects.Ssmgate, name="ssmgate-far", origin=way.address)
        direct = bench.start(subjects.Direct, name="direct-far")
        bench.measure(gateway, "cold", 1, 1)  # the first command, after which one is kept ready
        for _ in range(args.rounds):
            rounds["through"].append(bench.measure(gateway, "cold", args.seconds, 1))
            rounds["direct"].append(bench.measure(direct, "cold", args.seconds, 1,
                                                  ["--origin", way.address]))
        bench.end(gateway)
        bench.end(direct)
    finally:
        way.stop()
    result = {name: statistics.median(each["p50_ms"] for each in found)
              for name, found in rounds.items()}
    return result, rounds


def print_table(result):
    print(f"a command, 20 ms a flight: {result['through']:.0f} ms through ssmgate, "
          f"{result['direct']:.0f} ms directly, {result['through'] / result['direct']:.2f}\n")
