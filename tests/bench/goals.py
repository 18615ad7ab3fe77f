"""What is promised, what was reached, and below what a change has made something worse.

A goal is a ratio within one run wherever there is a peer. The bound of a regression is generous: it
is for a noisy machine, and for what somebody broke, not for what varies.
"""

import os
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Goal:
    part: str
    what: str
    value: Callable[[dict], float]  # of the part's result; KeyError: not measured
    at_least: bool
    promised: float | None  # None: a bound only
    bound: float

    def __post_init__(self):
        assert self.promised in (None, self.bound) or \
            not self.holds(self.bound, self.promised), self.what

    def holds(self, value, wanted):
        return value >= wanted if self.at_least else value <= wanted


def ratio(name, mode, key):
    """ssmgate's as a multiple of the peer's."""
    return lambda found: found["ssmgate"][mode][key] / found[name][mode][key]


def tail(mode):
    return lambda found: found["ssmgate"][mode]["p99_ms"] / found["ssmgate"][mode]["p50_ms"]


def grown(number):
    """Of the lines of growth, from the last: the first needs two processors."""
    return lambda found: found[number]["second"] / found[number]["first"]


PEERS = ("squid", "squid-peek", "mitmproxy", "floor")
GOALS = [
    # The floor depends on the machine, the load and OpenSSL as ssmgate does: what moves these is ours.
    Goal("commands", "cold: rate, of the floor's", ratio("floor", "cold", "rate"), True, None, 0.7),
    Goal("commands", "cold: CPU, of the floor's", ratio("floor", "cold", "cpu_us"), False, None, 1.3),
    Goal("commands", "warm: CPU, of the floor's", ratio("floor", "warm", "cpu_us"), False, None, 5),
    Goal("commands", "cold: rate, of Squid's (peek and bump)", ratio("squid-peek", "cold", "rate"),
         True, 3.5, 2.75),
    # The floor itself reaches 2.5 to 2.8: a bound with little room (docs/performance.md).
    Goal("commands", "cold: rate, of Squid's (bump all)", ratio("squid", "cold", "rate"),
         True, 3.5, 2.25),
    Goal("commands", "cold: CPU, of Squid's (peek and bump)",
         ratio("squid-peek", "cold", "cpu_us"), False, 0.25, 0.3),
    Goal("commands", "cold: CPU, of Squid's (bump all)", ratio("squid", "cold", "cpu_us"),
         False, 0.25, 0.5),
    Goal("commands", "warm: CPU, of Squid's (peek and bump)",
         ratio("squid-peek", "warm", "cpu_us"), False, 0.6, 1.1),
    Goal("commands", "warm: CPU, of Squid's (bump all)", ratio("squid", "warm", "cpu_us"),
         False, 0.6, 0.6),
    Goal("commands", "warm: rate, of mitmproxy's", ratio("mitmproxy", "warm", "rate"), True, 12, 6),
    Goal("commands", "cold: p99, of the median", tail("cold"), False, 3, 6),
    Goal("commands", "warm: p99, of the median", tail("warm"), False, 3, 6),
    Goal("tunnels", "tunnel: rate, of Squid's",
         lambda found: found["ssmgate"]["rate"] / found["squid"]["rate"], True, 1.7, 1.2),
    Goal("tunnels", "tunnel: CPU a byte, of HAProxy's",
         lambda found: found["ssmgate"]["cpu"] / found["haproxy"]["cpu"], False, 1.0, 1.1),
    Goal("tunnels", "an idle tunnel's memory, of HAProxy's",
         lambda found: found["ssmgate"]["idle"] / found["haproxy"]["idle"], False, 1.0, 1.2),
    Goal("far", "a command 20 ms away, of one without gateway",
         lambda found: found["through"] / found["direct"], False, 0.45, 0.7),
    Goal("rest", "exec to ready, ms", lambda found: found["start_ms"], False, 30, 90),
    Goal("rest", "memory at rest, MiB", lambda found: found["memory"] / 2**20, False, 12, 16),
    Goal("rest", "program, MiB", lambda found: found["size"] / 2**20, False, 8, 9),
    # With two, the load takes more than one of them itself: there is nothing left to grow by.
    *([Goal("growth", "all processors, of one (cold)", grown(0), True, 1.7, 1.2)]
      if os.cpu_count() >= 4 else []),
    Goal("growth", "10,000 rules, of 10", grown(-3), True, 0.95, 0.7),
    Goal("growth", "many idle tunnels, of 10", grown(-2), True, 0.95, 0.7),
    Goal("growth", "with the audit log's file, of without", grown(-1), True, 0.85, 0.6),
]


def judge(results, names):
    """Prints a line for each goal of the parts and peers that were measured; true: nothing is worse
    than its bound, and there was something to judge."""
    row = "{:48}{:>10}{:>10}{:>10}  {}"
    print(row.format("goal", "promised", "bound", "reached", ""))
    good, judged = True, 0
    for goal in GOALS:
        if goal.part not in results:
            continue
        try:
            value = goal.value(results[goal.part])
        except KeyError as missing:
            if goal.part == "commands" and missing.args[0] in {"ssmgate", *PEERS} - set(names):
                continue
            raise
        kept = goal.holds(value, goal.bound)
        reached = kept if goal.promised is None else goal.holds(value, goal.promised)
        verdict = "ok" if reached else "missed" if kept else "WORSE"
        good, judged = good and kept, judged + 1
        sign = ">=" if goal.at_least else "<="
        promised = "" if goal.promised is None else f"{sign} {goal.promised:g}"
        print(row.format(goal.what, promised, f"{sign} {goal.bound:g}", f"{value:.2f}", verdict))
    return good and judged > 0
