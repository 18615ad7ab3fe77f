#!/usr/bin/env python3
"""Measures ssmgate beside Squid's ssl_bump, mitmproxy and no proxy, in one run, rounds interleaved.

cold: commands a second, each TCP, CONNECT, TLS handshake, one StartSession, close.
warm: requests a second on kept connections.
CPU: user and system time of all the proxy's processes, a request, from /proc.

Prints a table of medians; every round is in the JSON file. Speed never fails a run; --check does.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import subjects
from subjects import Failure, HOST, ROOT

TICK = os.sysconf("SC_CLK_TCK")
KEYS = ("rate", "cpu_us", "harness_us", "p50_ms", "p99_ms")
# What is promised, and how much a noisy machine may miss it by.
COLD_TIMES_SQUID, WARM_CPU_OF_SQUID, TOLERANCE = 2.5, 1.0, 0.1


def cpu_seconds(pids):
    """User and system time of the processes, with the children that have ended."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICK


def measure(subject, mode, args, core):
    request = args.folder / "request.http"
    pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
    load = subprocess.Popen(
        [str(args.programs / "bench_load"), "--mode", mode, "--host", HOST, "--ca", str(subject.ca),
         "--request", str(request), "--threads", str(args.connections),
         "--seconds", str(args.seconds), *subject.target()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=pin)
    try:
        if load.stdout.readline() != "ready\n":
            raise Failure(f"{subject.name} {mode}: {load.communicate(timeout=30)[1].strip()}")
        before, harness = cpu_seconds(subject.pids()), cpu_seconds([load.pid, args.origin_pid])
        load.stdin.write("\n")
        load.stdin.flush()
        line = load.stdout.readline()
        after = cpu_seconds(subject.pids())
        harness = cpu_seconds([load.pid, args.origin_pid]) - harness
        load.stdin.close()
        errors = load.stderr.read()
        if load.wait(30) or not line:
            raise Failure(f"{subject.name} {mode}: {errors.strip()} {subject.log_tail()}")
    finally:
        if load.poll() is None:
            load.kill()
            load.wait()
    result = json.loads(line)
    result["rate"] = result["count"] / result["seconds"]
    result["harness_us"] = harness / result["count"] * 1e6
    result["cpu_us"] = (after - before) / result["count"] * 1e6 if subject.pids() else None
    return result


def start_origin(args, core):
    pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
    origin = subprocess.Popen(
        [str(args.programs / "bench_origin"), "--listen", args.origin,
         "--certificate", f"{args.folder}/origin.pem", "--key", f"{args.folder}/origin.key"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin)
    if origin.stdout.readline() != "ready\n":
        origin.wait()
        raise Failure(f"the origin cannot listen on {args.origin}: port 443 needs root, because "
                      "Squid dials the port that the client names")
    return origin


def run_rounds(running, args, core):
    rounds = {subject.name: {"cold": [], "warm": []} for subject in running}
    for subject in running:  # leaf certificates, pools and caches
        measure(subject, "cold", argparse.Namespace(**{**vars(args), "seconds": 1}), core)
    for number in range(args.rounds):
        for mode in ("cold", "warm"):
            for subject in running:
                rounds[subject.name][mode].append(measure(subject, mode, args, core))
        print(f"round {number + 1} of {args.rounds}", file=sys.stderr)
    return rounds


def medians(rounds):
    def median(results, key):
        values = [r[key] for r in results if r[key] is not None]
        return statistics.median(values) if values else None

    return {name: {mode: {key: median(results, key) for key in KEYS}
                   for mode, results in modes.items()} for name, modes in rounds.items()}


def print_table(result):
    ours = result.get("ssmgate")
    row = "{:11}" + "{:>9}{:>9}{:>9}{:>9}" * 2 + "{:>9}"
    print(row.format("", "cold/s", "CPU us", "p99 ms", "ours", "warm/s", "CPU us", "p99 ms", "ours",
                     "our CPU"))
    for name, modes in result.items():
        cells = []
        for mode in ("cold", "warm"):
            its = modes[mode]
            times = ours and name != "ssmgate" and f"{ours[mode]['rate'] / its['rate']:.2f}x"
            cpu = "-" if its["cpu_us"] is None else f"{its['cpu_us']:.0f}"
            cells += [f"{its['rate']:.0f}", cpu, f"{its['p99_ms']:.2f}", times or ""]
        has_cpu = ours and name != "ssmgate" and modes["warm"]["cpu_us"]
        cells.append(f"{ours['warm']['cpu_us'] / modes['warm']['cpu_us']:.2f}x" if has_cpu else "")
        print(row.format(name, *cells))
    print("ours: ssmgate's rate as a multiple of the line's; our CPU: its CPU a warm request likewise")
    harness = statistics.median(modes["cold"]["harness_us"] for modes in result.values())
    print(f"load and origin cost {harness:.0f} us of CPU a cold command themselves")


def check(result):
    """Whether the promised ratios hold, with the tolerance, against Squid at its best for each."""
    squids = [modes for name, modes in result.items() if name.startswith("squid")]
    if "ssmgate" not in result or not squids:
        raise Failure("--check needs ssmgate and squid")
    cold = result["ssmgate"]["cold"]["rate"] / max(squid["cold"]["rate"] for squid in squids)
    cpu = result["ssmgate"]["warm"]["cpu_us"] / min(squid["warm"]["cpu_us"] for squid in squids)
    cold_holds = cold >= COLD_TIMES_SQUID * (1 - TOLERANCE)
    cpu_holds = cpu <= WARM_CPU_OF_SQUID * (1 + TOLERANCE)
    allowing = f"allowing {TOLERANCE:.0%} for noise"
    print(f"cold: {cold:.2f} times Squid, promised {COLD_TIMES_SQUID}, {allowing}: "
          f"{'ok' if cold_holds else 'MISSED'}")
    print(f"warm CPU: {cpu:.2f} of Squid's, promised at most {WARM_CPU_OF_SQUID}, {allowing}: "
          f"{'ok' if cpu_holds else 'MISSED'}")
    return cold_holds and cpu_holds


def machine():
    return {"kernel": platform.release(), "machine": platform.machine(), "cores": os.cpu_count()}


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s instead of 3 of 3 s")
    parser.add_argument("--pin", action="store_true",
                        help="the proxy on one core, load and origin on another")
    parser.add_argument("--check", action="store_true", help="fail when the promised ratios do not hold")
    parser.add_argument("--only", help="comma-separated: " + ", ".join(subjects.ALL))
    parser.add_argument("--connections", type=int, default=4, help="at a time (4)")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--origin", default="127.0.0.2:443", help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/tests/bench",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.rounds = args.rounds or (2 if args.quick else 3)
    args.seconds = args.seconds or (1 if args.quick else 3)
    args.names = args.only.split(",") if args.only else list(subjects.ALL)
    unknown = set(args.names) - set(subjects.ALL)
    if unknown:
        parser.error(f"nothing called `{', '.join(sorted(unknown))}` is measured")
    return args


def prepare(folder):
    """The origin's certificates, and the request: the CLI's bytes as they were captured."""
    folder.chmod(0o755)  # Squid works as another user
    subjects.make_ca(folder, "root")
    subjects.make_leaf(folder, "root", "origin")
    captured = (ROOT / "tests/captures/awscli2-start-session.http").read_bytes()
    (folder / "request.http").write_bytes(captured)


def run(args):
    proxy_core, load_core = (0, 1) if args.pin and os.cpu_count() > 1 else (None, None)
    running, origin = [], None
    try:
        prepare(args.folder)
        origin = start_origin(args, load_core)
        args.origin_pid = origin.pid
        for name in args.names:
            subject = subjects.ALL[name](args.folder, args.origin, proxy_core)
            running.append(subject)
            subject.run()
        rounds = run_rounds(running, args, load_core)
        versions = {subject.name: subject.version() for subject in running}
    finally:
        for subject in running:
            subject.stop()
        if origin:
            origin.terminate()
            origin.wait()
    result = medians(rounds)
    report = ROOT / "build/bench/result.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(
        {"machine": machine(), "pinned": args.pin, "connections": args.connections,
         "seconds": args.seconds, "versions": versions, "medians": result, "rounds": rounds},
        indent=2) + "\n")
    print_table(result)
    print(f"every round: {report.relative_to(ROOT)}")
    return result


def main():
    args = read_arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="ssmgate-bench-") as folder:
            args.folder = Path(folder)
            result = run(args)
        sys.exit(0 if not args.check or check(result) else 1)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
