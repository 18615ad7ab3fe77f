"""Cold commands and warm requests: ssmgate beside what people would use instead."""

import statistics
import sys

import subjects

KEYS = ("rate", "cpu_us", "harness_us", "p50_ms", "p99_ms")
MODES = ("cold", "warm")


def median_of(results, key):
    values = [result[key] for result in results if result[key] is not None]
    return statistics.median(values) if values else None


def measure(bench):
    """Rounds, interleaved: {name: {mode: [result]}}."""
    args = bench.args
    running = [bench.start(subjects.COMMANDS[name]) for name in args.names]
    rounds = {subject.name: {mode: [] for mode in MODES} for subject in running}
    for subject in running:  # leaf certificates, pools and caches
        bench.measure(subject, "cold", 1)
    for number in range(args.rounds):
        for mode in MODES:
            for subject in running:
                rounds[subject.name][mode].append(bench.measure(subject, mode, args.seconds))
        print(f"commands: round {number + 1} of {args.rounds}", file=sys.stderr)
    versions = {subject.name: subject.version() for subject in running}
    for subject in running:
        bench.end(subject)
    return rounds, versions


def medians(rounds):
    return {name: {mode: {key: median_of(results, key) for key in KEYS}
                   for mode, results in modes.items()} for name, modes in rounds.items()}


def print_table(result):
    ours = result.get("ssmgate")
    row = "{:11}" + "{:>9}{:>9}{:>9}{:>9}" * 2 + "{:>9}"
    print(row.format("", "cold/s", "CPU us", "p99 ms", "ours", "warm/s", "CPU us", "p99 ms", "ours",
                     "our CPU"))
    for name, modes in result.items():
        cells = []
        for mode in MODES:
            its = modes[mode]
            times = ours and name != "ssmgate" and f"{ours[mode]['rate'] / its['rate']:.2f}x"
            cpu = "-" if its["cpu_us"] is None else f"{its['cpu_us']:.0f}"
            cells += [f"{its['rate']:.0f}", cpu, f"{its['p99_ms']:.2f}", times or ""]
        has_cpu = ours and name != "ssmgate" and modes["warm"]["cpu_us"]
        cells.append(f"{ours['warm']['cpu_us'] / modes['warm']['cpu_us']:.2f}x" if has_cpu else "")
        print(row.format(name, *cells))
    print("ours: ssmgate's rate as a multiple of the line's; our CPU: its CPU a warm request likewise")
    harness = statistics.median(modes["cold"]["harness_us"] for modes in result.values())
    print(f"load and origin cost {harness:.0f} us of CPU a cold command themselves\n")
