"""The operator's log: when, where from, and which upstream failed why."""

import os
import re
import resource
import subprocess
import unittest

from clients import ALICE, TARGET
from raw import HOST, connect, exchange, read_to_end, signed
from reloading import configure
from servers import free_port
from waiting import Output, wait_for
from world import World, program

SESSION = {"Target": TARGET}
USERS = 'version: 1\nallow:\n- {id: db, users: [carol], documents: [Acme-Shell]}\n'
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ssmgate: \S")


class Operator(unittest.TestCase):
    def world(self, *arguments, **changes):
        made = World(*arguments, **changes)
        self.addCleanup(made.close)
        return made

    def lines(self, world):
        return world.gateway.log.text.splitlines()

    def test_every_line_has_its_time_in_utc(self):
        world = self.world()
        configure(world.gateway, limits={"connections": 7})
        for line in self.lines(world):
            self.assertRegex(line, LINE)

    def test_what_is_in_force_is_named_with_its_file(self):
        world = self.world()
        folder = world.gateway.folder
        for wanted in (f"configuration: {world.gateway.config_file}",
                       f"policy: {folder / 'policy.yaml'}",
                       f"ca: {folder / 'ca.pem'}, key: {folder / 'ca.key'}",
                       f"audit: {world.gateway.audit_file}"):
            self.assertTrue([line for line in self.lines(world) if line.endswith(wanted)], wanted)

    def test_a_state_folder_that_others_write_into_is_warned_of(self):
        world = self.world()
        state = world.gateway.folder / "state"
        self.assertNotIn("chmod go-w", world.gateway.log.text)
        world.gateway.stop()
        state.chmod(0o777)
        world.gateway.start()
        self.assertIn(f"type: chmod go-w {state}", world.gateway.log.text)

    def test_an_upstream_that_fails_is_named_with_its_reason_and_not_too_often(self):
        port = free_port()
        world = self.world(upstream={"resolve": {f"{HOST}:443": f"127.0.0.1:{port}",
                                                 "x.example.test:443": f"127.0.0.1:{port}"}},
                           egress={"deny_addresses": []})
        for _ in range(5):
            exchange(world, signed(ALICE, "StartSession", SESSION))
            with connect(world.gateway.port, "x.example.test") as stream:
                stream.sendall(b"x")
                read_to_end(stream)
        for host in (HOST, "x.example.test"):
            said = wait_for(lambda host=host: [line for line in self.lines(world)
                                               if f"upstream {host}:443" in line], "the line")
            self.assertEqual(len(said), 1)
            self.assertIn("warning: ", said[0])
            self.assertTrue(said[0].endswith(
                f"upstream-refused: 127.0.0.1:{port}: connection refused"), said[0])

    def test_what_is_refused_is_no_upstream_s_failure(self):
        world = self.world(egress={"deny_addresses": ["loopback"]})
        with connect(world.gateway.port, "localhost", 9) as stream:
            stream.sendall(b"x")
            read_to_end(stream)
        wait_for(lambda: world.gateway.audit("connect"), "the record")
        self.assertNotIn("upstream", world.gateway.log.text)

    def test_rules_for_users_that_no_listener_knows(self):
        told = "warning: the policy's `db` can never apply"
        self.assertIn(told, self.world(policy=USERS).gateway.log.text)
        world = self.world()
        self.assertNotIn("can never apply", world.gateway.log.text)
        (world.gateway.folder / "users.yaml").write_text(USERS)
        self.assertIn(told, configure(world.gateway, policy="users.yaml"))

    def test_the_journal_gets_priorities_and_keeps_the_time_itself(self):
        world = self.world(policy=USERS)
        gateway = world.gateway
        gateway.stop()
        # The stream is named by device and inode; anything else in the variable is inherited.
        for named in (True, False):
            read, write = os.pipe()
            status = os.fstat(write)
            stream = f"{status.st_dev}:{status.st_ino if named else status.st_ino + 1}"
            process = subprocess.Popen(
                [program(), "serve", "--config", str(gateway.config_file)], stderr=write,
                stdin=subprocess.DEVNULL, cwd=gateway.folder,
                env=dict(gateway.surroundings, JOURNAL_STREAM=stream))
            os.close(write)
            said = Output(os.fdopen(read, "rb"))
            wait_for(lambda: "listening on" in said.text, "the gateway")
            process.terminate()
            self.assertEqual(process.wait(20), 0)
            said.join()
            if named:
                self.assertRegex(said.text, r"(?m)^<6>listening on ")
                self.assertRegex(said.text, r"(?m)^<4>warning: the policy's ")
            else:
                self.assertRegex(said.text.splitlines()[0], LINE)

    def test_a_want_of_descriptors_is_not_called_an_upstream_s_fault(self):
        if b"__ubsan_handle" in open(program(), "rb").read():
            self.skipTest("UBSan itself does not survive it")
        world = self.world(egress={"deny_addresses": []},
                           upstream={"resolve": {"x.example.test:443": "127.0.0.1:9"}})
        pid = world.gateway.process.pid
        for host in ("x.example.test", "looked-up.example.test"):
            with connect(world.gateway.port, host) as stream:
                before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                open_now = len(os.listdir(f"/proc/{pid}/fd"))
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now, before[1]))
                stream.sendall(b"x")
                read_to_end(stream)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            line = wait_for(lambda host=host: [
                line for line in world.gateway.audit("connect") if line.get("endpoint") == host],
                "the record")[-1]
            self.assertEqual((line["decision"], line["code"]), ("error", "over-limit"), line)
            self.assertIn("too many open files", line["message"])


if __name__ == "__main__":
    unittest.main()
