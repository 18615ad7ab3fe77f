#!/usr/bin/env python3
"""`hours` against Python's zoneinfo: zones of every kind, 1900 to 2260, fat files and slim ones.

One policy holds a rule for each question; a batch asks them all. The edges of the hours are put
within a minute of the instant's local time, so that an offset wrong by a minute is seen.
"""
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
import zoneinfo
from datetime import datetime, timedelta, timezone

SSMGATE = os.environ["SSMGATE"]
SYSTEM = "/usr/share/zoneinfo"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZONES = """UTC Etc/GMT+12 Etc/GMT-14 GMT0 Asia/Tokyo Asia/Kolkata Asia/Kathmandu Asia/Tehran
Asia/Gaza Asia/Pyongyang Africa/Casablanca Africa/Cairo Africa/Monrovia America/New_York
America/Los_Angeles America/Sao_Paulo America/St_Johns America/Nuuk America/Caracas
America/Argentina/Buenos_Aires Antarctica/Troll Antarctica/Casey Australia/Lord_Howe
Australia/Sydney Australia/Eucla Europe/London Europe/Dublin Europe/Berlin Europe/Lisbon
Europe/Moscow Europe/Istanbul Europe/Volgograd Pacific/Apia Pacific/Kiritimati Pacific/Chatham
Pacific/Easter Pacific/Norfolk EST5EDT MST WET EST Asia/Hebron America/Godthab""".split()
YEARS = [1900, 1916, 1942, 1969, 1970, 1999, 2011, 2026, 2027, 2037, 2038, 2040, 2100, 2199, 2260]


def transitions(zone, year):
    """The hours of `year` in which the zone's offset changes, as UTC instants."""
    start = datetime(year, 1, 1, tzinfo=timezone.utc)
    found = []
    for day in range(365):
        a, b = start + timedelta(days=day), start + timedelta(days=day + 1)
        if a.astimezone(zone).utcoffset() == b.astimezone(zone).utcoffset():
            continue
        while b - a > timedelta(seconds=1):
            middle = a + (b - a) // 2
            middle = middle.replace(microsecond=0)
            same = middle.astimezone(zone).utcoffset() == a.astimezone(zone).utcoffset()
            a, b = (middle, b) if same else (a, middle)
        found.append(b)
    return found


def holds(local, days, start, end):
    minute = local.hour * 60 + local.minute
    today = local.weekday()
    if start < end:
        return today in days and start <= minute < end
    if minute >= start:
        return today in days
    return minute < end and (today - 1) % 7 in days


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def questions(source, zones):
    """(zone, days, from, to, instant, expected)"""
    draw = random.Random(2037)
    for name in zones:
        zone = source(name)
        instants = []
        for year in YEARS:
            instants.append(datetime(year, draw.randint(1, 12), draw.randint(1, 28),
                                     draw.randint(0, 23), draw.randint(0, 59), draw.randint(0, 59),
                                     tzinfo=timezone.utc))
        for year in (2026, 2040, 2100):
            for change in transitions(zone, year):
                instants += [change - timedelta(seconds=1), change, change + timedelta(minutes=30)]
        for instant in instants:
            local = instant.astimezone(zone)
            minute = local.hour * 60 + local.minute
            for start, end in ((minute, minute + 1), (minute + 1, minute), (minute - 1, minute),
                               (draw.randrange(1440), draw.randrange(1, 1441))):
                if not 0 <= start < 1440 or not 0 <= end <= 1440 or start == end:
                    continue
                days = {local.weekday()} if draw.random() < 0.7 else {draw.randrange(7)}
                yield name, days, start, end, instant, holds(local, days, start, end)


def ask(asked, environment):
    """The decisions of one batch, in order."""
    policy = ["version: 1", "allow:"]
    lines = []
    for i, (name, days, start, end, instant, _) in enumerate(asked):
        policy.append(f"  - {{id: r{i}, users: u{i}, documents: Doc, hours: {{days: "
                      f"[{', '.join(DAYS[d] for d in days)}], from: \"{clock(start)}\", "
                      f"to: \"{clock(end)}\", zone: {name}}}}}")
        lines.append(json.dumps({
            "body": {"Target": "i-0123456789abcdef0", "DocumentName": "Doc"}, "user": f"u{i}",
            "at": instant.strftime("%Y-%m-%dT%H:%M:%SZ")}))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "policy.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(policy) + "\n")
        ran = subprocess.run([SSMGATE, "eval", "--policy", path, "--batch"], check=False,
                             input="\n".join(lines) + "\n", text=True, capture_output=True,
                             env={**os.environ, **environment})
    if ran.returncode != 0:
        raise AssertionError(ran.stderr[:2000] + ran.stdout[-500:])
    return [json.loads(line)["decision"] for line in ran.stdout.splitlines()]


class Hours(unittest.TestCase):
    def compare(self, source, environment, zones):
        asked = list(questions(source, zones))
        self.assertGreater(len(asked), 50 * len(zones))
        answers = ask(asked, environment)
        self.assertEqual(len(answers), len(asked))
        for question, answer in zip(asked, answers):
            self.assertEqual(answer, "allow" if question[5] else "deny", question)

    def test_zones_of_this_machine(self):
        here = [z for z in ZONES if os.path.exists(os.path.join(SYSTEM, z))]
        self.assertIn("Asia/Tokyo", here)

        def source(name):
            with open(os.path.join(SYSTEM, name), "rb") as file:
                return zoneinfo.ZoneInfo.from_file(file, key=name)
        self.compare(source, {"TZDIR": SYSTEM}, here)

    def test_slim_and_fat_files(self):
        zic = shutil.which("zic", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        rules = os.path.join(SYSTEM, "tzdata.zi")
        if zic is None or not os.path.exists(rules):
            self.skipTest("no zic, or no tzdata.zi for it to compile")
        for form in ("slim", "fat"):
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([zic, "-b", form, "-d", folder, rules], check=True,
                               capture_output=True)

                def source(name, folder=folder):
                    with open(os.path.join(folder, name), "rb") as file:
                        return zoneinfo.ZoneInfo.from_file(file, key=name)
                here = [z for z in ZONES[1::3] if os.path.exists(os.path.join(folder, z))]
                with self.subTest(form=form):
                    self.assertIn("America/New_York", here)
                    self.compare(source, {"TZDIR": folder}, here)


if __name__ == "__main__":
    unittest.main()
