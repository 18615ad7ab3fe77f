#!/usr/bin/env python3
"""docs/policy-messages.md tells of every message, and of none that is gone.

Every error and warning in the golden files must be in a table, and each entry of a table must be
said by some golden file or stand word for word in the source.
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "policy-messages.md"
GOLDEN = ("faults", "policies")
SAID = re.compile(r"^\S+?:\d+:\d+: (error|warning): (.*)$", re.MULTILINE)


def entries():
    """(severity, message with … for what differs) of the page's tables."""
    severity = None
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| error") or line.startswith("| warning"):
            severity = line.split()[1]
        elif line.startswith("| `"):
            for message in re.findall(r"`([^`]*)`", cells[0]):
                yield severity, message


def pattern(message):
    return re.compile(".*".join(re.escape(part) for part in message.split("…")), re.DOTALL)


def said():
    for folder in GOLDEN:
        for path in sorted((ROOT / "tests" / "golden" / folder).glob("*.txt")):
            yield from SAID.findall(path.read_text())


class Messages(unittest.TestCase):
    def test_every_message_that_is_said_is_explained(self):
        known = [(severity, pattern(message)) for severity, message in entries()]
        found = set(said())
        self.assertGreater(len(found), 150)
        for severity, text in sorted(found):
            with self.subTest(text):
                self.assertTrue(any(severity == s and p.fullmatch(text) for s, p in known))

    def test_every_explained_message_is_said(self):
        found = set(said())
        source = "".join(path.read_text() for path in sorted((ROOT / "policy").rglob("*.cpp")))
        source = re.sub(r'"\s*\n\s*"', "", source)
        for severity, message in entries():
            with self.subTest(message):
                self.assertTrue(
                    any(severity == s and pattern(message).fullmatch(text) for s, text in found)
                    or max(message.split("…"), key=len).strip() in source)


if __name__ == "__main__":
    unittest.main()
