"""Holds what reached the stand-in against what the quickstart asked for, and says it in a few lines.

Usage: quickstart_proof.py REQUESTS AUDIT; exit status 1 if anything is not as it should be.
"""

import json
import sys
from pathlib import Path

ASKED = ["StartSession", "StartSession", "TerminateSession"]  # what should have passed, in order


def lines_of(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def main(requests_file, audit_file):
    requests = [r for r in lines_of(requests_file) if r["kind"] == "request"]
    decisions = [a for a in lines_of(audit_file) if a["event"] == "decision"]
    print("  reached the stand-in, each as the AWS CLI signed it:")
    for request in requests:
        print(f"    {request['operation']:17} signature {request['signature']}")
    print("  decided by the gateway (audit.jsonl):")
    for line in decisions:
        asked = ", ".join(f"{name} {line[name]}" for name in ("document", "host", "port") if name in line)
        if not asked and line["operation"] == "StartSession":
            asked = "no document: a shell"
        print(f"    {line['decision']:6} {line['operation']:17} {asked}".rstrip())
    unchanged = all(request["signature"] == "ok" for request in requests)
    if not unchanged or [request["operation"] for request in requests] != ASKED:
        print("quickstart: what reached the stand-in is not what was asked for", file=sys.stderr)
        return 1
    print("  → what passed was not changed by a byte; what was refused never arrived")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
