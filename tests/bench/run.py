#!/usr/bin/env python3
"""Measures ssmgate beside what people would use instead, in one run, rounds interleaved.

PART: commands (cold: TCP, CONNECT, TLS handshake, one StartSession, close; warm: requests on kept
connections), tunnels, far (an upstream 20 ms away), rest (start, memory, size), growth (processors,
rules, idle tunnels, audit log). None: all.

CPU is user and system time of all of a proxy's processes, from /proc. Prints tables of medians and
the goals; every round is in build/bench/result.json. Speed never fails a run; --check does, when something is
worse than a generous bound.
"""

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
from pathlib import Path

import commands
import far
import goals
import growth
import profile_of
import rest
import tunnels
from load import Bench
from subjects import COMMANDS, ROOT, Failure

PARTS = {"commands": commands, "tunnels": tunnels, "far": far, "rest": rest, "growth": growth}


def machine():
    return {"kernel": platform.release(), "machine": platform.machine(), "cores": os.cpu_count()}


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s instead of 3 of 3 s")
    parser.add_argument("--pin", action="store_true",
                        help="the proxy on one core, load and origin on another")
    parser.add_argument("--check", action="store_true",
                        help="fail when something is worse than its bound")
    parser.add_argument("--profile", action="store_true",
                        help="where a warm request's instructions go, by callgrind, instead")
    parser.add_argument("--only", help="of commands; comma-separated: " + ", ".join(COMMANDS))
    parser.add_argument("--connections", type=int, default=4, help="at a time (4)")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--origin", default="127.0.0.2:443", help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/tests/bench",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.rounds = args.rounds or (2 if args.quick else 3)
    args.seconds = args.seconds or (1 if args.quick else 3)
    args.names = args.only.split(",") if args.only else list(COMMANDS)
    for unknown in sorted(set(args.names) - set(COMMANDS)) + sorted(set(args.parts) - set(PARTS)):
        parser.error(f"nothing called `{unknown}` is measured")
    args.parts = args.parts or list(PARTS)
    return args


def measure(args, folder):
    """The results of each part, printed as they come; the report has every round."""
    results, report = {}, {"machine": machine(), "pinned": args.pin,
                           "connections": args.connections, "seconds": args.seconds}
    with Bench(folder, args) as bench:
        for name in args.parts:
            found = PARTS[name].measure(bench)
            if name == "commands":
                rounds, report["versions"] = found
                found = commands.medians(rounds), rounds
            results[name], report[name] = found
            PARTS[name].print_table(results[name])
            write_report(results, report)
    return results


def write_report(results, report):
    file = ROOT / "build/bench/result.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**report, "results": results}, indent=2) + "\n")


def run(args, folder):
    if args.profile:
        with Bench(folder, args) as bench:
            profile_of.warm_request(bench)
        return True
    results = measure(args, folder)
    return goals.judge(results, args.names)


def main():
    args = read_arguments()
    # Of many tunnels each is two descriptors, here and in what is measured.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="ssmgate-bench-") as folder:
            good = run(args, Path(folder))
        sys.exit(0 if good or not args.check else 1)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
