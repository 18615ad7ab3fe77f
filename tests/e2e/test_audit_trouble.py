"""The audit log in trouble: disks, pipes, signals, rotation, and a gateway that is killed.

SSMGATE_KILLS says how often it is killed: a few times unless given, 200 at night.
"""

import hashlib
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import unittest

from case import assert_chain
from clients import ALICE, TARGET
from raw import exchange, signed
from test_audit import full_pipe
from waiting import wait_for
from world import World

KILLS = int(os.environ.get("SSMGATE_KILLS", "6"))


def start_session(world, target=TARGET):
    return exchange(world, signed(ALICE, "StartSession", {"Target": target}))


def sessions_arrived(world):
    return world.stand_in.records("request", "StartSession")


class SmallDisk:
    """A file system of 256 KiB. Only root can have one."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)],
                              capture_output=True, check=False)
        self.mounted = done.returncode == 0

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


class TroubleCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def world(self, path, **audit):
        world = World(audit={"sinks": [{"type": "file", "path": str(path)}], **audit})
        self.addCleanup(world.close)
        return world

    def small_disk(self):
        disk = SmallDisk(self.folder / "disk")
        self.addCleanup(disk.close)
        if not disk.mounted:
            self.skipTest("no file system can be mounted here")
        return disk

    def assert_refused(self, world):
        before = len(sessions_arrived(world))
        answer = start_session(world)
        self.assertEqual(answer.status, 400)
        self.assertIn("audit-unavailable", answer.json["message"])
        self.assertIn("its audit record could not be written", answer.json["message"])
        self.assertEqual(len(sessions_arrived(world)), before)


class FullDisk(TroubleCase):
    def test_a_disk_that_is_always_full_lets_no_session_through(self):
        world = self.world("/dev/full")
        for _ in range(3):
            self.assert_refused(world)
        self.assertEqual(exchange(world, signed(ALICE, "DescribeInstanceInformation", {})).status, 200)
        wait_for(lambda: "takes no records: No space left on device" in world.gateway.log.text,
                 "the operator's word")

    def test_with_continue_sessions_go_on(self):
        world = self.world("/dev/full", on_failure="continue")
        self.assertEqual(start_session(world).status, 200)

    def ready(self, world):
        address = (world.gateway.folder / "state" / "admin.address").read_text().strip()
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def test_service_resumes_when_there_is_room_again_and_the_loss_is_said(self):
        disk = self.small_disk()
        log, ballast = disk.folder / "audit.jsonl", disk.folder / "ballast"
        world = self.world(log)
        self.assertEqual(start_session(world).status, 200)
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"x" * 512):
                    pass
            except OSError:
                pass
        wait_for(lambda: start_session(world).status != 200, "the last page to be full")
        for _ in range(3):
            self.assert_refused(world)
        self.assertFalse(self.ready(world))
        ballast.unlink()
        # Without a record that comes.
        wait_for(lambda: self.ready(world), "the sink to be tried again")
        self.assertEqual(start_session(world).status, 200)
        world.gateway.stop()
        assert_chain(self, log.read_bytes())
        self.assertRegex(log.read_text(), r'"message":"\d+ records? from 20\S+ to 20\S+ w(as|ere) not taken')

    def test_a_place_where_no_file_can_be_made_until_one_can(self):
        log = self.folder / "audit.jsonl"
        world = self.world(log)
        self.assertEqual(start_session(world).status, 200)
        log.rename(self.folder / "audit.jsonl.1")
        os.mkdir(log)
        self.assert_refused(world)
        os.rmdir(log)
        self.assertEqual(start_session(world).status, 200)
        world.gateway.stop()
        assert_chain(self, (self.folder / "audit.jsonl.1").read_bytes() + log.read_bytes())

    def test_a_log_on_a_read_only_file_system_is_refused_at_the_start(self):
        disk = self.small_disk()
        disk.remount("ro")
        with self.assertRaisesRegex(AssertionError, "audit.jsonl.*Read-only file system"):
            self.world(disk.folder / "audit.jsonl")


class HangingPipe(TroubleCase):
    def test_no_session_until_somebody_reads(self):
        path, held = full_pipe(self.folder)
        self.addCleanup(os.close, held)
        world = self.world(path)
        self.assert_refused(world)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        stop = threading.Event()
        self.addCleanup(stop.set)

        def drain():
            while not stop.is_set():
                try:
                    os.read(reader, 65536)
                except BlockingIOError:
                    stop.wait(0.005)
        threading.Thread(target=drain, daemon=True).start()
        wait_for(lambda: start_session(world).status == 200, "the pipe to be read")


class Rotation(TroubleCase):
    def test_sighup_leaves_a_moved_file_at_once(self):
        world = World()
        self.addCleanup(world.close)
        log = world.gateway.audit_file
        start_session(world)
        moved = log.with_suffix(".1")
        log.rename(moved)
        world.gateway.process.send_signal(signal.SIGHUP)
        wait_for(log.exists, "the new file")
        wait_for(lambda: str(moved) not in self.opened_by(world), "the old file to be let go of")
        start_session(world)
        world.gateway.stop()
        assert_chain(self, moved.read_bytes() + log.read_bytes())

    def opened_by(self, world):
        folder = f"/proc/{world.gateway.process.pid}/fd"
        found = []
        for number in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{number}"))
            except FileNotFoundError:
                pass
        return found

    def test_rotated_while_the_gateway_was_down(self):
        world = World()
        self.addCleanup(world.close)
        log = world.gateway.audit_file
        world.gateway.stop()
        moved = log.with_suffix(".1")
        log.rename(moved)
        world.gateway.start()
        world.gateway.stop()
        assert_chain(self, moved.read_bytes() + log.read_bytes())
        self.assertIn("goes on behind record", world.gateway.audit("checkpoint")[0]["message"])

    def test_a_cut_end_is_said_by_the_next_start(self):
        world = World()
        self.addCleanup(world.close)
        log = world.gateway.audit_file
        start_session(world)
        world.gateway.stop()
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:-3]))
        world.gateway.start()
        self.assertIn("its end was cut off", world.gateway.audit("checkpoint")[-1]["message"])


class Tampered(TroubleCase):
    """What somebody did to the log is said by the gateway and by `audit verify`."""

    def setUp(self):
        super().setUp()
        self.tampered = World()
        self.addCleanup(self.tampered.close)
        self.log = self.tampered.gateway.audit_file
        self.state = self.tampered.gateway.folder / "state"

    def verify(self, status, *arguments, **environment):
        done = subprocess.run([os.environ["SSMGATE"], "audit", "verify", *map(str, arguments)],
                              env={**self.tampered.surroundings(), **environment},
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_a_log_cut_under_a_running_gateway(self):
        start_session(self.tampered)
        start_session(self.tampered)
        with self.log.open("rb") as log:
            two = len(log.readline()) + len(log.readline())
        os.truncate(self.log, two)
        start_session(self.tampered)
        self.tampered.gateway.stop()
        said = [line["message"] for line in self.tampered.gateway.audit("checkpoint")
                if "message" in line]
        self.assertEqual(len(said), 1)
        self.assertRegex(said[0], "the log ended with record 2, .* its end was cut off")
        wait_for(lambda: "its end was cut off" in self.tampered.gateway.log.text,
                 "the operator's word")
        shown = self.verify(1, "--file", self.log, "--state", self.state)
        self.assertIn("missing between record 2 and this one", shown)
        self.assertIn("the gateway says: the log ended with record 2", shown)

    def test_a_log_forged_behind_the_last_signed_record(self):
        start_session(self.tampered)
        self.tampered.gateway.stop()
        kept = json.loads(next((self.state / "checkpoints").iterdir()).read_text())
        before, lines = "ab" * 32, []
        for number in range(3):
            lines.append(json.dumps({"time": kept["time"], "event": "decision",
                                     "seq": kept["seq"] + 1 + number, "prev": before},
                                    separators=(",", ":")))
            before = hashlib.sha256(lines[-1].encode()).hexdigest()
        self.log.write_text("\n".join(lines) + "\n")
        options = ("--file", self.log, "--state", self.state)
        self.assertIn("does not follow", self.verify(1, *options))
        self.tampered.gateway.start()
        self.tampered.gateway.stop()
        self.assertIn("damaged (reported)", self.verify(1, *options))

    def test_a_cut_log_or_copy_is_held_against_the_kept_checkpoint(self):
        start_session(self.tampered)
        self.tampered.gateway.stop()
        lines = self.log.read_bytes().splitlines(keepends=True)
        copy = self.folder / "copy.jsonl"
        copy.write_bytes(b"".join(lines[:-1]))
        self.assertIn("its end was cut off", self.verify(1, "--file", copy, "--state", self.state))
        shown = self.verify(0, "--file", copy, "--key", self.state / "audit.pub")
        self.assertIn("its end could not be checked", shown)
        self.log.write_bytes(b"".join(lines[:-1]))
        config = str(self.tampered.gateway.config_file)
        self.assertIn("its end was cut off", self.verify(1, SSMGATE_CONFIG=config))
        for arguments, environment in (((), {"SSMGATE_CONFIG": config}), (("--config", config), {})):
            shown = self.verify(1, "--file", self.log, *arguments, **environment)
            self.assertIn("its end was cut off", shown)


class Killed(TroubleCase):
    """kill -9 at random moments: what is there is a chain, and no session lacks its record."""

    def test_every_session_that_arrived_is_in_the_log(self):
        world = World()
        self.addCleanup(world.close)
        chance = random.Random(20261129)
        number = 0
        for _ in range(KILLS):
            until = len(sessions_arrived(world)) + chance.randrange(1, 4)
            stop = threading.Event()
            threads = []
            for _ in range(2):
                number += 1
                thread = threading.Thread(target=self.load, args=(world, stop, number), daemon=True)
                thread.start()
                threads.append(thread)
            wait_for(lambda least=until: len(sessions_arrived(world)) >= least, "sessions")
            stop.wait(chance.random() / 50)  # any moment will do
            world.gateway.process.kill()
            stop.set()
            for thread in threads:
                thread.join(30)
            world.gateway.process.wait()
            self.check(world)
            world.gateway.start()
        world.gateway.stop()
        self.check(world)

    def load(self, world, stop, number):
        count = 0
        while not stop.is_set():
            count += 1
            try:
                start_session(world, f"i-{number:08x}{count:09x}")
            except (OSError, EOFError, AssertionError):
                return  # the gateway was killed

    def check(self, world):
        data = world.gateway.audit_file.read_bytes()
        whole = data[:data.rfind(b"\n") + 1]
        assert_chain(self, whole)
        allowed = {record["target"] for record in map(json.loads, whole.splitlines())
                   if record["event"] == "decision" and record["decision"] == "allow"}
        for record in sessions_arrived(world):
            self.assertIn(json.loads(record["body"])["Target"], allowed)


if __name__ == "__main__":
    unittest.main()
