"""The audit file: written before the relay, a chain without a gap, and nothing secret in it."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from case import EndToEnd, assert_chain
from clients import ALICE, BOB, TARGET, aws, boto3, javascript, start_session
from log_servers import DatagramServer, StreamServer
from raw import connect, exchange, read_answer, signed, trusting
from record_schema import SCHEMA, fits
from waiting import wait_for
from world import World

PROXY_PASSWORD = "planted0proxy0password"


def target(number):
    return f"i-{number:017x}"


class BeforeTheRelay(EndToEnd):
    def test_decision_is_down_before_the_request_arrives(self):
        for number in range(20):
            body = {"Target": target(number)}
            self.assertEqual(exchange(self.world, signed(ALICE, "StartSession", body)).status, 200)
        written = self.world.gateway.audit_file.read_bytes()
        arrived = self.reached("StartSession")
        self.assertEqual(len(arrived), 20)
        for number, record in enumerate(arrived):
            before = written[:record["watched_size"]]
            self.assertTrue(before.endswith(b"\n"), "the line before was not whole")
            lines = [json.loads(line) for line in before.splitlines()]
            decided = [line for line in lines if line["event"] == "decision"
                       and line.get("target") == target(number)]
            self.assertEqual([line["decision"] for line in decided], ["allow"])

    def test_fields_of_a_decision_and_its_result(self):
        body = {"Target": TARGET, "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
                "Parameters": {"host": ["ORDERS.x1.rds.amazonaws.com."], "portNumber": ["5432"]},
                "Reason": "OPS-7"}
        answer = exchange(self.world, signed(BOB, "StartSession", body))
        line = self.decisions("StartSession")[-1]
        expected = {
            "event": "decision", "decision": "allow", "effect": "relay", "code": "allowed",
            "rule": "orders-db", "client": "127.0.0.1", "access_key": BOB.access_key,
            "account": "111122223333", "region": "us-east-1", "operation": "StartSession",
            "document": "AWS-StartPortForwardingSessionToRemoteHost", "target": TARGET,
            "host": "orders.x1.rds.amazonaws.com", "port": 5432, "session_reason": "OPS-7",
            "endpoint": "ssm.us-east-1.amazonaws.com"}
        self.assertEqual({name: line.get(name) for name in expected}, expected)
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertRegex(line["policy_revision"], r"^[0-9a-f]{64}$")
        result = self.world.gateway.result_of(line)
        self.assertEqual(len(result), 1)
        self.assertEqual(result[0]["status"], 200)
        self.assertEqual(result[0]["session_id"], answer.json["SessionId"])
        self.assertEqual(result[0]["aws_request_id"], answer.header("x-amzn-requestid"))

    def test_refusals_have_their_line(self):
        cases = {"no-rule": {"Target": TARGET, "DocumentName": "AWS-StartSSHSession"},
                 "unknown-member": {"Target": TARGET, "Bogus": 1}}
        for code, body in cases.items():
            with self.subTest(code):
                self.mark()
                answer = exchange(self.world, signed(ALICE, "StartSession", body))
                line = self.assert_refused(code)
                self.assertEqual(line["effect"], "refuse")
                self.assertEqual(line["request_id"], answer.header("x-amzn-requestid"))


class Schema(unittest.TestCase):
    """The published schema: what it takes is shown by every chain, here what it does not."""

    GOOD = {"time": "2026-01-02T03:04:05.678Z", "event": "decision", "seq": 1}

    def test_what_is_no_record_does_not_fit(self):
        self.assertTrue(fits(SCHEMA, self.GOOD))
        for change in ({"time": "yesterday"}, {"event": "other"}, {"seq": 0}, {"seq": "1"},
                       {"prev": "x"}, {"port": 65536}, {"user": ""}, {"token": "x"},
                       {"parameters": {"a": "b"}}, {"reported": []}, {"key": "0" * 16},
                       {"event": "checkpoint"}, {"code": "No Code"}, {"port": True}):
            with self.subTest(change):
                self.assertFalse(fits(SCHEMA, {**self.GOOD, **change}))
        self.assertFalse(fits(SCHEMA, {"time": self.GOOD["time"], "event": "decision"}))


class Checkpoint(unittest.TestCase):
    def recipe(self):
        """The commands of docs/audit.md."""
        text = (pathlib.Path(__file__).parents[2] / "docs" / "audit.md").read_text()
        block = re.search(r"By hand:\n\n((?:    .*\n)+)", text)
        return re.sub(r"(?m)^    ", "", block[1])

    def by_hand(self, world):
        public = world.gateway.folder / "state" / "audit.pub"
        shutil.copy(public, world.gateway.folder / "audit.pub")
        return subprocess.run(["bash", "-c", self.recipe()], cwd=world.gateway.audit_file.parent,
                              capture_output=True, text=True, check=False)

    def test_openssl_verifies_it_as_the_docs_say(self):
        with World() as world:
            self.assertEqual(world.gateway.audit_file.name, "audit.jsonl")
            self.assertEqual(world.gateway.audit_file.parent, world.gateway.folder)
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            world.gateway.stop()
            done = self.by_hand(world)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            log = world.gateway.audit_file
            lines = log.read_bytes().splitlines(keepends=True)
            log.write_bytes(b"".join(lines[:-2]))
            world.gateway.start()
            self.assertIn("message", world.gateway.audit("checkpoint")[-1])
            done = self.by_hand(world)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            log.write_text(log.read_text().replace("was cut off", "is all right"))
            self.assertNotEqual(self.by_hand(world).returncode, 0)
            self.assertEqual((world.gateway.folder / "state" / "audit.key").stat().st_mode & 0o777,
                             0o600)


class Chain(unittest.TestCase):
    def test_every_line_holds_the_one_before_over_a_restart(self):
        with World() as world:
            for operation in ("StartSession", "DescribeInstanceInformation", "StartAutomation"):
                exchange(world, signed(ALICE, operation, {"Target": TARGET}))
            world.gateway.stop()
            data = world.gateway.audit_file.read_bytes()
            events = [json.loads(line)["event"] for line in data.splitlines()]
            self.assertEqual((events[0], *events[-2:]), ("start", "stop", "checkpoint"))
            self.assertGreaterEqual(events.count("decision"), 3)
            assert_chain(self, data)
            world.gateway.start()
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            world.gateway.stop()
            longer = world.gateway.audit_file.read_bytes()
            self.assertTrue(longer.startswith(data))
            self.assertGreater(len(longer), len(data))
            assert_chain(self, longer)


def full_pipe(folder):
    """A sink that hangs: a pipe that nobody reads and that takes no more."""
    path = folder / "pipe"
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            os.write(held, b"x" * 4096)
    except BlockingIOError:
        return path, held


class HungSink(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.pipe, held = full_pipe(self.folder)
        self.addCleanup(os.close, held)

    def world_with(self, *paths):
        sinks = [{"type": "file", "path": str(path)} for path in paths]
        return World(audit={"sinks": sinks})

    def test_no_session_is_opened_the_operator_is_told_and_the_gateway_ends(self):
        with self.world_with(self.pipe) as world:
            answer = exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            self.assertIn("audit-unavailable", answer.json["message"])
            process = world.gateway.process
            process.terminate()
            self.assertEqual(process.wait(15), 0)
            world.gateway.log.join()
            self.assertIn(f"error: audit: `{self.pipe}` takes no records",
                          world.gateway.log.text)

    def test_a_sink_that_works_is_enough(self):
        good = self.folder / "good.jsonl"
        with self.world_with(self.pipe, good) as world:
            answer = exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            self.assertEqual(answer.status, 200)
            self.assertIn(b'"event":"decision"', good.read_bytes())
            world.gateway.process.terminate()
            self.assertEqual(world.gateway.process.wait(15), 0)
            assert_chain(self, good.read_bytes())


class MovedFile(unittest.TestCase):
    def test_a_moved_file_is_left_and_the_chain_goes_on(self):
        with World() as world:
            file = world.gateway.audit_file
            for moved in (file.with_suffix(".2"), file.with_suffix(".1")):
                exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
                file.rename(moved)
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            world.gateway.stop()
            parts = [path.read_bytes()
                     for path in (file.with_suffix(".2"), file.with_suffix(".1"), file)]
            self.assertTrue(all(parts))
            assert_chain(self, b"".join(parts))


class Ocsf(unittest.TestCase):
    """What is written as OCSF is one chain, and `ssmgate audit` reads it like its own."""

    def test_its_readers_read_it(self):
        with World(audit={"sinks": [{"type": "file", "path": "audit.jsonl", "format": "ocsf"}]}) as world:
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET}))
            exchange(world, signed(ALICE, "StartSession", {"Target": TARGET, "Bogus": 1}))
            world.gateway.stop()
            records = [json.loads(line) for line in world.gateway.audit_file.read_bytes().splitlines()]
            self.assertEqual({record["class_uid"] for record in records}, {6003})
            self.assertEqual([record["status_id"] for record in records
                              if record["unmapped"]["event"] == "decision"], [1, 2])

            def audit(*words):
                done = subprocess.run([os.environ["SSMGATE"], "audit", *words, "--file",
                                       world.gateway.audit_file], capture_output=True, text=True,
                                      timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                return done.stdout
            self.assertIn("intact", audit("verify", "--whole", "--state",
                                          world.gateway.folder / "state"))
            self.assertIn("malformed", audit("tail", "--event", "decision", "-n", "1"))
            found = audit("query", "--decision", "allow", "--target", TARGET, "--json")
            self.assertEqual(len(found.splitlines()), 1)
            self.assertIn("1 request, last", audit("suggest"))


class NothingSecret(EndToEnd):
    """Secrets are planted in all places; then every file and output of the gateway is searched, and
    what every kind of sink was told."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="ssmgate-logs-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.servers = {"journald": DatagramServer(folder / "journal"),
                       "syslog": DatagramServer(folder / "log"), "tcp": StreamServer()}
        for server in cls.servers.values():
            cls.addClassCleanup(server.stop)
        address = {name: server.address for name, server in cls.servers.items()}
        cls.changes = {"audit": {"sinks": [
            {"type": "file", "path": "audit.jsonl"}, {"type": "stdout"},
            {"type": "file", "path": "ocsf.jsonl", "format": "ocsf"},
            {"type": "journald", "address": address["journald"]},
            {"type": "syslog", "address": address["syslog"]},
            {"type": "syslog", "address": address["tcp"], "format": "ocsf"}]}}
        super().setUpClass()

    def drive(self):
        start_session(self.world, caller=BOB, plugin="small", given="echo x\nexit\n")
        start_session(self.world, caller=BOB, plugin="none")
        start_session(self.world, "AWS-StartSSHSession", caller=BOB)
        started = boto3(self.world, "start_session", {"Target": TARGET}, BOB).json
        boto3(self.world, "resume_session", {"SessionId": started["SessionId"]}, BOB)
        boto3(self.world, "terminate_session", {"SessionId": started["SessionId"]}, BOB)
        for operation in ("ResumeSession", "TerminateSession"):
            # Another sink may have taken it before the file did.
            line = wait_for(lambda of=operation: self.decisions(of), operation)[-1]
            self.assertEqual(line["session_id"], started["SessionId"])
            self.assertEqual(self.world.gateway.result_of(line)[0]["session_id"],
                             started["SessionId"])
        javascript(self.world, "shell_session.mjs", TARGET, "exit", caller=BOB)
        aws(self.world, "describe-instance-information", caller=BOB)
        exchange(self.world, signed(BOB, "StartSession", b'{"Target": "TokenValue'))
        self.drive_with_proxy_password()

    def drive_with_proxy_password(self):
        pair = base64.b64encode(f"alice:{PROXY_PASSWORD}".encode()).decode()
        head = (f"CONNECT ssm.us-east-1.amazonaws.com:443 HTTP/1.0\r\n"
                f"Proxy-Authorization: Basic {pair}\r\n\r\n").encode()
        with connect(self.world.gateway.port, head=head) as plain, \
                trusting(self.world.bundle).wrap_socket(
                    plain, server_hostname="ssm.us-east-1.amazonaws.com") as stream:
            stream.sendall(signed(BOB, "StartSession", {"Target": TARGET}))
            read_answer(stream)

    def secrets(self):
        pair = base64.b64encode(f"alice:{PROXY_PASSWORD}".encode())
        planted = {b"StandInTokenValue", BOB.session_token.encode(), BOB.secret.encode(),
                   PROXY_PASSWORD.encode(), pair, b"publish_subscribe"}
        for record in self.reached():
            planted.update(re.findall(rb"Signature=([0-9a-f]{64})", record["head"]))
        return planted

    def test_no_secret_in_any_file_or_output(self):
        self.drive()
        opened = self.world.stand_in.records("open-data-channel")
        self.assertEqual([record["token_ok"] for record in opened], [True, True])
        self.world.gateway.stop()
        gateway = self.world.gateway
        written = {"standard output": gateway.output.text.encode(),
                   "standard error": gateway.log.text.encode()}
        for root in (gateway.folder, self.world.folder / "home", self.world.folder / "run"):
            for path in root.rglob("*"):
                if path.is_file():
                    written[str(path)] = path.read_bytes()
        self.assertIn(str(gateway.audit_file), written)
        for name, server in self.servers.items():
            wait_for(lambda told=server.messages: b"StartSession" in b"".join(told), name)
            written[name] = b"\n".join(server.messages)
        self.assertIn(b'"class_uid":6003', written[str(gateway.folder / "ocsf.jsonl")])
        self.assertIn(b'"class_uid":6003', written["tcp"])
        self.assertIn(b'"event":"decision"', written["standard output"])
        secrets = self.secrets()
        self.assertGreater(len(secrets), 8)
        for name, data in written.items():
            for secret in secrets:
                self.assertNotIn(secret, data, f"in {name}")


if __name__ == "__main__":
    unittest.main()
