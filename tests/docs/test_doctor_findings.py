#!/usr/bin/env python3
"""docs/doctor.md has every finding's id that the source has, and none that is gone; ids stay."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "".join(path.read_text("utf-8")
                 for path in sorted((ROOT / "proxy" / "commands" / "doctor").glob("*.cpp")))
PAGE = (ROOT / "docs" / "doctor.md").read_text("utf-8")
ID = r"`([a-z-]+\.[a-z-]+)`"
FIRST_CELLS = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
ONLY_OK = PAGE.partition("Only ever `ok`:")[2]
LEVELS = r"\b(ok|warning|problem|trouble)\(\s*\"([a-z-]+\.[a-z-]+)\""
# Its id is made of its name.
RUNTIMES = {f"runtime.{name}" for name in ("openssl", "python", "node", "go")}


class Findings(unittest.TestCase):
    def test_every_id_is_explained_and_every_explained_one_is_found(self):
        found = {name for _, name in re.findall(LEVELS, SOURCE)} | RUNTIMES
        self.assertGreater(len(found), 60)
        explained = set(re.findall(ID, "\n".join(FIRST_CELLS) + ONLY_OK))
        self.assertEqual(found - explained, set(), "not in docs/doctor.md")
        self.assertEqual(explained - found, set(), "in docs/doctor.md alone")

    def test_what_is_only_ever_ok_stands_apart(self):
        levels = {}
        for level, name in re.findall(LEVELS, SOURCE):
            levels.setdefault(name, set()).add(level)
        fine = {name for name, found in levels.items() if found == {"ok"}}
        self.assertLessEqual(set(re.findall(ID, ONLY_OK)), fine)


if __name__ == "__main__":
    unittest.main()
