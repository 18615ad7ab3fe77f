"""`ssmgate audit`: statuses, streams, rotation, terminals. Usage: test_audit.py SSMGATE"""

import csv
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

SSMGATE = ""
DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
TARGET = "i-0123456789abcdef0"


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1795428000 + second)) + ".000Z"


class Chain:
    """Lines as a gateway writes them."""

    def __init__(self):
        self.seq = 0
        self.prev = None

    def line(self, **fields):
        self.seq += 1
        record = {"time": stamp(self.seq), "event": "decision", **fields, "seq": self.seq}
        if self.prev:
            record["prev"] = self.prev
        text = json.dumps(record, separators=(",", ":"))
        self.prev = hashlib.sha256(text.encode()).hexdigest()
        return text + "\n"

    def refused(self, user, host="db.example.com", port=5432, **fields):
        return self.line(
            request_id=f"r{self.seq + 1}", decision="deny", effect="refuse", code="no-rule",
            message="ssmgate refused this session", client="10.8.0.7", user=user, auth="basic",
            access_key="ASIAQNZGKIQY56JQ7WML", account="111122223333", region="us-east-1",
            endpoint="ssm.us-east-1.amazonaws.com", operation="StartSession", document=DOCUMENT,
            target=TARGET, host=host, port=port,
            parameters={"host": [host], "portNumber": [str(port)]}, **fields)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.log = self.folder / "audit.jsonl"
        self.environment = {**os.environ, "HOME": folder.name, "LC_ALL": "C.UTF-8",
                            "XDG_STATE_HOME": str(self.folder / "state"),
                            "XDG_CONFIG_HOME": str(self.folder / "config")}
        for name in ("SSMGATE_CONFIG", "NO_COLOR"):
            self.environment.pop(name, None)

    def run_audit(self, *arguments, given=None):
        return subprocess.run([SSMGATE, "audit", *map(str, arguments)], input=given, timeout=60,
                              capture_output=True, text=True, env=self.environment)

    def check(self, status, *arguments, given=None):
        ran = self.run_audit(*arguments, given=given)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        if status == 2:
            self.assertRegex(ran.stderr, r"\A[^\n]+\n\Z", "one line")
        return ran

    def write(self, lines, path=None):
        (path or self.log).write_text("".join(lines))

    def in_terminal(self, *arguments, columns=100):
        """What it prints on a terminal."""
        leader, follower = pty.openpty()
        os.set_blocking(leader, False)
        subprocess.run(["stty", "cols", str(columns)], stdin=follower, check=True)
        ran = subprocess.Popen([SSMGATE, "audit", *map(str, arguments)], stdin=follower,
                               stdout=follower, stderr=follower, env=self.environment)
        os.close(follower)
        out = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            select.select([leader], [], [], 1)
            try:
                piece = os.read(leader, 65536)
            except BlockingIOError:
                continue
            except OSError:
                break
            if not piece:
                break
            out += piece
        self.assertIn(ran.wait(60), (0, 1))
        os.close(leader)
        return out.decode()


class Query(Case):
    def setUp(self):
        super().setUp()
        chain = Chain()
        self.lines = [chain.line(event="start"), chain.refused("alice"), chain.refused("bob"),
                      chain.line(decision="allow", code="allowed", rule="orders", user="alice"),
                      chain.refused("alice", host="other.example.com")]
        self.write(self.lines)

    def test_the_lines_as_they_stand(self):
        ran = self.check(0, "query", "--file", self.log, "--json")
        self.assertEqual(ran.stdout, "".join(self.lines))
        ran = self.check(0, "query", "--file", self.log, "--json", "--user", "alice",
                         "--decision", "deny", "--host", "db.*")
        self.assertEqual(ran.stdout, self.lines[1])
        ran = self.check(0, "query", "--file", self.log, "--json", "--user", "bob", "--user", "a*",
                         "--since", stamp(3), "--until", stamp(5))
        self.assertEqual(ran.stdout, self.lines[2] + self.lines[3])
        ran = self.check(0, "query", "--file", self.log, "--json", "--limit", 2)
        self.assertEqual(ran.stdout, self.lines[0] + self.lines[1])
        ran = self.check(0, "query", "--file", "-", "--json", "--rule", "orders",
                         given="".join(self.lines))
        self.assertEqual(ran.stdout, self.lines[3])

    def test_table_csv_and_counts(self):
        ran = self.check(0, "query", "--file", self.log)
        self.assertEqual(len(ran.stdout.splitlines()), 6)
        self.assertNotIn("\x1b", ran.stdout)
        ran = self.check(0, "query", "--file", self.log, "--csv")
        rows = list(csv.DictReader(io.StringIO(ran.stdout)))
        self.assertEqual([row["user"] for row in rows], ["", "alice", "bob", "alice", "alice"])
        self.assertEqual(json.loads(rows[1]["parameters"])["portNumber"], ["5432"])
        ran = self.check(0, "query", "--file", self.log, "--count", "user", "--decision", "deny")
        self.assertEqual(ran.stdout.split(), ["2", "alice", "1", "bob"])

    def test_damaged_lines_are_passed_over_and_said(self):
        self.write([self.lines[0], "noise\n", self.lines[1], "{\n", self.lines[2][:40]])
        ran = self.check(1, "query", "--file", self.log, "--json")
        self.assertEqual(ran.stdout, self.lines[0] + self.lines[1])
        self.assertIn(f"2 lines are no audit records, and were passed over; the first is {self.log}:2",
                      ran.stderr)

    def test_questions_that_cannot_be_answered(self):
        for arguments in (["--file", self.folder / "none"], ["--file", self.folder],
                          ["--since", "yesterday"], ["--since", "1h", "--until", "2h"],
                          ["--file", self.log, "--decision", "denied"],
                          ["--file", self.log, "--event", "decisions*x"],
                          ["--file", self.log, "--effect", "deny"],
                          ["--file", self.log, "--port", "70000"],
                          ["--count", "usre"], ["--csv", "--json"], ["--config", "none.yaml"],
                          ["--file", self.log, "--config", "x"], ["--limit", "-1"]):
            with self.subTest(arguments):
                self.check(2, "query", *arguments)
        self.assertIn("did you mean `user`?",
                      self.run_audit("query", "--file", self.log, "--count", "usre").stderr)
        self.assertIn("one of allow, deny, malformed, relay, error",
                      self.run_audit("query", "--file", self.log, "--decision", "denied").stderr)
        for arguments in (["--decision", "d*"], ["--port", "54*"], ["--port", "5432"],
                          ["--effect", "refuse"]):
            self.assertEqual(self.check(0, "query", "--file", self.log, *arguments).stderr, "")
        ran = self.check(0, "query", "--file", self.log, "--user", "nobody")
        self.assertEqual((ran.stdout, ran.stderr), ("", "ssmgate: no record matches\n"))
        zipped = self.folder / "audit.jsonl.2.gz"
        zipped.write_bytes(b"\x1f\x8b\x08")
        self.assertIn("zcat", self.check(2, "query", "--file", zipped).stderr)

    def test_the_log_is_found_by_the_configuration(self):
        self.assertIn("start the gateway first", self.check(2, "query").stderr)
        default = self.folder / "state/ssmgate/audit.jsonl"
        default.parent.mkdir(parents=True)
        self.write(self.lines[:1], default)
        self.assertEqual(self.check(0, "query", "--json").stdout, self.lines[0])
        config = self.folder / "own.yaml"
        config.write_text("audit: {sinks: [{type: stdout}, {type: file, path: audit.jsonl}]}\n")
        self.assertEqual(self.check(0, "query", "--json", "--config", config).stdout,
                         "".join(self.lines))
        config.write_text("audit: {sinks: [{type: stdout}]}\n")
        self.assertIn("--file", self.check(2, "query", "--config", config).stderr)


class Verify(Case):
    def setUp(self):
        super().setUp()
        chain = Chain()
        self.lines = [chain.refused("alice") for _ in range(9)]

    def test_statuses_and_first_fault(self):
        self.write(self.lines)
        self.assertIn("intact: 9 records, number 1 to 9",
                      self.check(0, "verify", "--file", self.log).stdout)
        self.write(self.lines + ['{"time":"20'])
        self.assertIn("audit.jsonl:10 is unfinished",
                      self.check(0, "verify", "--file", self.log).stdout)
        self.write(self.lines[:4] + [self.lines[4].replace("alice", "mallo")] + self.lines[5:])
        self.assertIn(f"{self.log}:5: damaged (changed): record 5 was changed",
                      self.check(1, "verify", "--file", self.log).stdout)
        self.write(self.lines[:4] + self.lines[6:])
        ran = self.check(1, "verify", "--json", "--file", self.log)
        found = json.loads(ran.stdout)
        self.assertEqual((found["status"], found["damage"], found["at"]["line"], found["at"]["seq"]),
                         ("damaged", "removed", 5, 7))
        self.check(2, "verify", "--file", self.folder / "none")

    def test_rotated_files_in_any_order(self):
        older, newer = self.folder / "audit.jsonl.1", self.log
        self.write(self.lines[:4], older)
        self.write(self.lines[4:], newer)
        for files in ((older, newer), (newer, older)):
            ran = self.check(0, "verify", "--whole", "--file", *files)
            self.assertIn("audit.jsonl.1 and 1 more: intact: 9 records", ran.stdout)
        self.assertIn("begins with record 5", self.check(0, "verify", "--file", newer).stdout)
        self.check(1, "verify", "--whole", "--file", newer)


class Suggest(Case):
    def judge(self, policy, host, user="alice"):
        body = {"Target": TARGET, "DocumentName": DOCUMENT,
                "Parameters": {"host": [host], "portNumber": ["5432"]}}
        return subprocess.run(
            [SSMGATE, "eval", "--policy", policy, "--user", user, "--region", "us-east-1",
             "--account", "111122223333"],
            input=json.dumps(body), text=True, capture_output=True, timeout=60).returncode

    def test_the_policy_is_one_and_allows_exactly_that(self):
        chain = Chain()
        self.write([chain.refused("alice"), chain.refused("alice"), chain.refused("bob")])
        ran = self.check(0, "suggest", "--file", self.log, "--user", "alice")
        policy = self.folder / "suggested.yaml"
        policy.write_text(ran.stdout)
        self.assertIn("# READ IT", ran.stdout)
        self.assertIn("# 2 times, last " + stamp(2) + ", by `alice` from 10.8.0.7", ran.stdout)
        checked = subprocess.run([SSMGATE, "check", policy], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(self.judge(policy, "db.example.com"), 0)
        self.assertEqual(self.judge(policy, "db.example.com", user="bob"), 1)
        self.assertEqual(self.judge(policy, "db2.example.com"), 1)
        ran = self.check(1, "suggest", "--file", self.log, "--policy", policy)
        self.assertIn("the policy allows them by now", ran.stdout)
        self.assertIn("bob", ran.stdout)

    def test_what_is_left_out_is_said(self):
        chain = Chain()
        self.write([chain.refused("alice", host="any"), "damage\n"])
        ran = self.check(1, "suggest", "--file", self.log)
        self.assertIn("allow: []", ran.stdout)
        self.assertIn("1 request, last", ran.stdout)
        self.assertIn("audit.jsonl:2 is no audit record", ran.stderr)
        self.check(2, "suggest", "--file", self.log, "--policy", self.folder / "none.yaml")


class Tail(Case):
    def test_the_last_lines_over_files(self):
        chain = Chain()
        lines = [chain.refused(f"user{number}") for number in range(30)]
        self.write(lines[:25], self.folder / "audit.jsonl.1")
        self.write(lines[25:] + ["torn"])
        ran = self.check(0, "tail", "--json", "--file", self.log, self.folder / "audit.jsonl.1")
        self.assertEqual(ran.stdout, "".join(lines[20:]))
        ran = self.check(0, "tail", "-n", 2, "--file", self.log)
        self.assertEqual([line.split()[2] for line in ran.stdout.splitlines()],
                         ["user28@10.8.0.7", "user29@10.8.0.7"])
        ran = self.check(0, "tail", "-n", 1, "--json", "--user", "user3", "--file",
                         self.folder / "audit.jsonl.1")
        self.assertEqual(ran.stdout, lines[3])
        ran = self.check(0, "tail", "-n", 2, "--json", "--file", "-", given="".join(lines))
        self.assertEqual(ran.stdout, "".join(lines[28:]))
        self.assertEqual(self.check(0, "tail", "-n", 0, "--file", self.log).stdout, "")

    def read_lines(self, stream, count):
        lines = []
        deadline = time.monotonic() + 30
        while len(lines) < count and time.monotonic() < deadline:
            if select.select([stream], [], [], 1)[0]:
                lines.append(stream.readline())
        return lines

    def test_following_over_rotation_and_a_cut(self):
        chain = Chain()
        self.write([chain.refused("first"), chain.refused("second")])
        ran = subprocess.Popen([SSMGATE, "audit", "tail", "-f", "-n", "1", "--json", "--file",
                                self.log], stdout=subprocess.PIPE, bufsize=0, env=self.environment)
        self.addCleanup(ran.wait)
        self.addCleanup(ran.stdout.close)
        self.addCleanup(ran.kill)

        def users(count):
            return [json.loads(line)["user"] for line in self.read_lines(ran.stdout, count)]

        self.assertEqual(users(1), ["second"])
        line = chain.refused("third")
        with self.log.open("a") as log:  # in two pieces
            log.write(line[:50])
            log.flush()
            log.write(line[50:])
        self.assertEqual(users(1), ["third"])
        with self.log.open("a") as log:
            log.write(chain.refused("before the move"))
        self.log.rename(self.folder / "audit.jsonl.1")
        self.write([chain.refused("after the move"), chain.refused("and one more")])
        self.assertEqual(users(3), ["before the move", "after the move", "and one more"])
        self.write([chain.refused("cut")])
        self.assertEqual(users(1), ["cut"])
        self.log.unlink()
        self.write([chain.refused("made anew")])
        self.assertEqual(users(1), ["made anew"])
        self.assertIsNone(ran.poll())

    def test_it_ends_when_its_reader_does(self):
        self.write([Chain().refused("first")])
        ran = subprocess.Popen([SSMGATE, "audit", "tail", "-f", "--file", self.log],
                               stdout=subprocess.PIPE, bufsize=0, env=self.environment)
        self.addCleanup(ran.kill)
        self.assertEqual(len(self.read_lines(ran.stdout, 1)), 1)
        ran.stdout.close()
        self.assertEqual(ran.wait(30), 0)

    def test_what_cannot_be_followed(self):
        self.check(2, "tail", "--follow", "--file", "-", given="")
        self.check(2, "tail", "--file", self.folder / "none")


class Terminal(Case):
    def test_nothing_hostile_reaches_it(self):
        chain = Chain()
        evil = "\x1b]0;owned\x07\x9b31m\u202e\r\nforged"
        lines = [chain.refused("alice", session_reason=evil), chain.line(user=evil, message=evil)]
        raw = '{"event":"stop","user":"\x7f\u009b31m\u202e","seq":3}\n'
        self.write(lines + [raw])
        for arguments in (["query"], ["query", "--json"], ["query", "--csv"], ["tail"],
                          ["tail", "--json"], ["query", "--count", "user"], ["verify"],
                          ["suggest"]):
            with self.subTest(arguments):
                shown = self.in_terminal(*arguments, "--file", self.log)
                plain = re.sub(r"\x1b\[(0|3[1235])m", "", shown)
                self.assertNotRegex(plain, r"[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202e]")
                self.assertNotRegex(plain, r"(?m)^forged")

    def test_colours_and_width(self):
        self.write([Chain().refused("alice")])
        self.assertIn("\x1b[31mdeny\x1b[0m", self.in_terminal("tail", "--file", self.log))
        for line in self.in_terminal("query", "--file", self.log, columns=120).splitlines():
            self.assertLessEqual(len(re.sub(r"\x1b\[\d+m", "", line)), 120)
        self.environment["NO_COLOR"] = "1"
        self.assertNotIn("\x1b", self.in_terminal("tail", "--file", self.log))


if __name__ == "__main__":
    SSMGATE = sys.argv.pop(1)
    unittest.main()
