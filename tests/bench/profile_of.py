"""Where a warm request's instructions go: callgrind, by library and by function."""

import collections
import re
import subprocess
import time

import subjects

SECONDS = 8
WARM_UP = 20  # requests that bench_load sends on each connection before it counts
SHOWN = 25
KINDS = ("libcrypto", "libssl", "sqlite", "boost", "malloc", "libstdc++", "libc.so")


class UnderCallgrind(subjects.Ssmgate):
    """Counts only while it is told to."""

    def start(self, command, **options):
        self.output = self.folder / "callgrind.out"
        super().start(["valgrind", "--tool=callgrind", "--instr-atstart=no",
                       f"--callgrind-out-file={self.output}", *command], **options)

    def count(self, on):
        subprocess.run(["callgrind_control", "-i", "on" if on else "off", str(self.process.pid)],
                       check=True, capture_output=True)


def kind_of(function):
    if re.match(r"\S*malloc|\S*arena", function) or "operator new" in function:
        return "malloc"
    return next((kind for kind in KINDS if kind in function), "ssmgate and what is inlined in it")


def warm_request(bench):
    subject = bench.start(UnderCallgrind)
    bench.measure(subject, "warm", 1)
    subject.count(True)
    requests = (bench.measure(subject, "warm", SECONDS)["count"]
                + WARM_UP * bench.args.connections)
    subject.count(False)
    bench.end(subject)
    listing = subprocess.run(["callgrind_annotate", "--auto=no", "--threshold=100", subject.output],
                             check=True, capture_output=True, text=True).stdout
    kinds, functions = collections.Counter(), []
    for line in listing.splitlines():
        found = re.match(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)$", line)
        if not found or "PROGRAM TOTALS" in line:
            continue
        each = int(found[1].replace(",", "")) / requests
        kinds[kind_of(found[2])] += each
        functions.append((each, found[2][:100]))
    print(f"{sum(kinds.values()):.0f} instructions a warm request ({requests} requests, "
          f"{time.strftime('%Y-%m-%d')})\n")
    for name, each in kinds.most_common():
        print(f"{each:9.0f}  {name}")
    print()
    for each, name in functions[:SHOWN]:
        print(f"{each:9.0f}  {name}")
