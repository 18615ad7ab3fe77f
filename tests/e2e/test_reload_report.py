"""What a reload says that it has changed: to who asked, in the operator's log, and in the record."""

import json
import os
import re
import socket
import subprocess
import unittest

from clients import ALICE, TARGET
from identities import OTHER_PASSWORD, ClientAuthority, basic
from raw import exchange, signed
from reloading import rendered, replace
from servers import free_port
from standin.tls import TestRoot
from users_case import WithUsers
from waiting import wait_for
from world import program


class Report(WithUsers):
    changes = {"intercept": {"hosts": ["ssm.corp.example"]},
               "listen": [{"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "auth": "basic"}]}

    def ask(self):
        return subprocess.run([program(), "reload", "--config", self.gateway.config_file],
                              capture_output=True, text=True, timeout=60,
                              env=self.world.surroundings())

    def warnings(self):
        """Those of `ssmgate status`."""
        asked = subprocess.run([program(), "status", "--json", "--config",
                                self.gateway.config_file], capture_output=True, text=True,
                               timeout=60, env=self.world.surroundings(), check=True)
        return " ".join(json.loads(asked.stdout)["warnings"])

    def reload(self):
        """The watch may have been quicker: then this finds no change."""
        asked = self.ask()
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))

    def recorded(self, *parts):
        """The one line of the audit log that has all these."""
        def find():
            return [line["message"] for line in self.gateway.audit("policy")
                    if all(part in line["message"] for part in parts)]
        found = wait_for(find, f"the record of {parts}")
        self.assertEqual(len(found), 1)
        for part in parts:
            wait_for(lambda part=part: part in self.gateway.log.text, f"the line of {part}")
        return found[0]

    def change(self, **changes):
        replace(self.gateway.config_file, rendered(self.gateway, **changes))
        self.reload()

    def test_sessions(self):
        self.change(sessions={"require_decision": False})
        self.assertRegex(self.recorded("sessions"), r"^a reload \(\w+\) changed: sessions$")

    def test_who_may_come_in_beside_another_change(self):
        self.change(limits={"connections": 99}, listen=[
            {"address": "127.0.0.1:0", "clients": ["127.0.0.1"]},
            {"address": "127.0.0.1:0", "auth": "basic"}])
        self.recorded("limits, for new connections", "who may come in by 127.0.0.1:")

    def test_what_becomes_of_requests_when_no_record_can_be_made(self):
        """The log itself is as before."""
        self.change(audit={"on_failure": "continue"})
        self.recorded("audit.on_failure: continue")
        self.assertEqual(len(self.gateway.audit("start")), 1)
        self.assertEqual(self.gateway.audit("stop"), [])
        self.assertEqual(
            exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET})).status, 200)

    def change_users(self, mode=0o600):
        self.put_users("alice", OTHER_PASSWORD, mode)

    def test_the_users_file(self):
        self.change_users()
        said = self.recorded("users of 127.0.0.1:"
                             f"{self.gateway.ports[1]}")
        self.assertNotIn(";", said)

    def test_users_beside_another_listener(self):
        self.change_users()
        self.change(listen=[{"address": "127.0.0.1:0", "clients": ["127.0.0.1"]},
                            {"address": "127.0.0.1:0", "auth": "basic"}])
        one, other = self.gateway.ports[:2]
        self.recorded(f"who may come in by 127.0.0.1:{one}")
        self.recorded(f"users of 127.0.0.1:{other}")

    def test_a_listener_that_asks_no_more_though_another_never_did(self):
        """Both leave their port to the system: the first is the first."""
        self.change(listen=[{"address": "127.0.0.1:0", "auth": "basic"},
                            {"address": "127.0.0.1:0"}])
        one, other = self.gateway.ports[:2]
        self.recorded(f"who may come in by 127.0.0.1:{one}",
                      f"who may come in by 127.0.0.1:{other}")

    def test_what_is_intercepted_is_no_other_ca(self):
        self.change(intercept={"hosts": []})
        self.assertRegex(self.recorded("intercept"), r"changed: intercept$")

    def test_the_same_policy_of_another_file(self):
        text = (self.gateway.folder / "policy.yaml").read_text()
        (self.gateway.folder / "other.yaml").write_text(text)
        self.change(policy="other.yaml")
        self.recorded("policy file: ", "other.yaml")

    def test_a_policy_and_more(self):
        policy = "version: 1\nallow:\n- id: shell\n  documents: [SSM-SessionManagerRunShell]\n"
        (self.gateway.folder / "policy.yaml").write_text(policy)
        self.change(sessions={"max_per_user": 2})
        wait_for(lambda: "sessions" in " ".join(line["message"] for line in
                                                self.gateway.audit("policy")), "the record")
        said = " ".join(line["message"] for line in self.gateway.audit("policy"))
        self.assertRegex(said, "put policy [0-9a-f]{64} in force; it was [0-9a-f]{64}")

    def test_nothing(self):
        """What comes behind it in the log shows that it left no record."""
        self.assertEqual(self.ask().stdout, "no change\n")
        self.change(sessions={"max_per_user": 4})
        self.recorded("sessions")
        self.assertEqual(len(self.gateway.audit("policy")), 1)

    def test_what_the_watch_had_put_in_force_before(self):
        replace(self.gateway.config_file, rendered(self.gateway, sessions={"max_per_user": 4}))
        self.recorded("sessions")
        asked = self.ask().stdout
        self.assertRegex(asked, r"^no change since \S+Z \(file\), which put this in force:\n"
                                r"  sessions\n")
        # Nor does the second time hide it.
        self.assertEqual(self.ask().stdout, asked)

    def test_files_of_what_stays_do_not_hinder_what_changes(self):
        """A users file that others can read is refused where it is loaded anew."""
        os.chmod(self.users, 0o644)
        self.change(sessions={"max_per_user": 3})
        self.recorded("sessions")
        wait_for(lambda: re.search(f"warning: the next start would refuse this: .*{self.users}",
                                   self.gateway.log.text), "the warning")
        self.assertIn(str(self.users), self.warnings())
        self.change_users(mode=0o644)
        asked = self.ask()
        self.assertEqual(asked.returncode, 1)
        self.assertIn(str(self.users), asked.stderr + asked.stdout)

    def test_what_the_next_start_would_refuse_is_said_while_it_is_so(self):
        key, password = self.gateway.folder / "ca.key", self.folder / "password"
        password.write_text("s3cr3t")
        password.chmod(0o600)
        self.change(upstream={"proxy": {"url": "http://127.0.0.1:9", "username": "alice",
                                        "password_file": str(password)}})
        self.recorded("upstream")
        for file in (key, self.users, password):
            os.chmod(file, 0o644)
        self.change(sessions={"max_per_user": 3})
        self.recorded("sessions")
        said = self.ask().stdout
        self.assertRegex(said, r"^no change since .*:\n  sessions\nwarning: the next start")
        for file in (key, self.users, password):
            self.assertIn(str(file), said)
            self.assertIn(str(file), self.warnings())
            os.chmod(file, 0o600)
        self.assertRegex(self.ask().stdout, r"^no change since .*:\n  sessions\n$")
        self.assertNotIn("next start", self.warnings())
        everything = said + self.warnings() + self.gateway.log.text + self.gateway.audit_file.read_text()
        for secret in ("s3cr3t", basic("alice", "s3cr3t").split()[1]):
            self.assertNotIn(secret, everything)

    def spoil(self, file):
        """As old and as long as before: it is not read again."""
        was = file.stat()
        with open(file, "r+b") as opened:
            opened.write(b"x" * was.st_size)
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))

    def test_roots_that_the_next_start_could_not_read(self):
        roots = self.folder / "roots.pem"
        roots.write_bytes(self.world.stand_in.root.read_bytes())
        certificate, key = ClientAuthority(self.folder).issue("gateway")
        password = self.folder / "password"
        password.write_text("s3cr3t")
        password.chmod(0o600)
        self.change(upstream={"ca_file": str(roots), "proxy": {
            "url": "https://127.0.0.1:9", "certificate": str(certificate), "key": str(key),
            "username": "alice", "password_file": str(password)}})
        self.recorded("upstream")
        self.spoil(roots)
        for file in (key, password):
            os.chmod(file, 0o644)
        said = self.ask().stdout
        for file in (roots, key, password):  # the parent reads the same roots, and they are said once
            with self.subTest(file):
                self.assertEqual(said.count(f"warning: the next start would refuse this: `{file}`"), 1)
                self.assertEqual(self.warnings().count(f"would refuse this: `{file}`"), 1)

    def test_roots_of_the_parent_that_the_next_start_could_not_read(self):
        root = TestRoot(self.folder / "root")
        roots = root.certificate
        self.change(upstream={"proxy": {"url": "https://127.0.0.1:9", "ca_file": str(roots)}})
        self.recorded("upstream")
        self.spoil(roots)
        self.assertRegex(self.ask().stdout, f"refuse this: `{roots}`.*; give `upstream.proxy.ca_file` a")

    def test_roots_of_a_log_server_that_the_next_start_could_not_read(self):
        """The sink goes on with those that it has."""
        roots = TestRoot(self.folder / "root").certificate
        self.change(audit={"sinks": [{"type": "file", "path": str(self.gateway.audit_file)}, {
            "type": "syslog", "address": f"tls://127.0.0.1:{free_port()}", "ca_file": str(roots)}]})
        roots.write_text("other than before")
        self.assertRegex(self.ask().stdout, "refuse this: audit: syslog at tls://.*: "
                                            f"`{roots}` is no PEM bundle of roots")

    def test_a_reload_makes_no_ca(self):
        """Every client would have to trust it anew."""
        files = {name: str(self.folder / f"other.{name}") for name in ("certificate", "key")}
        replace(self.gateway.config_file, rendered(self.gateway, ca=files))
        asked = self.ask()
        self.assertEqual(asked.returncode, 1)
        self.assertIn(f"the CA in `{files['certificate']}` and `{files['key']}` cannot be read, and a "
                      "reload makes none", asked.stderr)
        for file in files.values():
            self.assertFalse(os.path.exists(file))

    def test_a_listener_in_the_place_of_the_parent_proxy(self):
        """The gateway would go on asking itself."""
        port = free_port()
        self.change(upstream={"proxy": {"url": f"http://localhost:{port}"}})
        self.recorded("upstream")
        both = rendered(self.gateway, listen=[{"address": f"127.0.0.1:{port}"}])
        replace(self.gateway.config_file, both)
        asked = self.ask()
        self.assertEqual(asked.returncode, 1)
        self.assertRegex(asked.stderr, "`upstream.proxy` leads to this gateway's own listener "
                                       f"127.0.0.1:{port}, ")
        with socket.socket() as probe:  # and it does not listen there
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", port)), 0)

    def test_a_parent_proxy_where_the_system_has_put_a_listener(self):
        """No configuration says so: it is seen when it is dialled."""
        self.change(upstream={"proxy": {"url": f"http://127.0.0.1:{self.gateway.port}"}})
        self.recorded("upstream")
        answer = exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET}))
        self.assertEqual(answer.status, 400)
        self.assertIn("its own listener", answer.json["message"])
        self.assertEqual(self.gateway.audit("connect"), [])

    def test_all_that_the_next_start_would_refuse(self):
        root = TestRoot(self.folder / "root")
        certificate = root.leaf("gateway.example.test")
        key = self.folder / "key.pem"
        key.write_bytes((self.folder / "root/leaf.key").read_bytes())
        key.chmod(0o600)
        tls = {"certificate": str(certificate), "key": str(key)}
        both = {"address": "127.0.0.1:0", "auth": "basic", "tls": tls}
        self.change(listen=[both, both])
        self.recorded("who may come in by")
        key.chmod(0o644)
        os.chmod(self.users, 0o644)
        self.change(sessions={"max_per_user": 3})
        for file in (key, self.users):
            wait_for(lambda file=file: re.search(
                f"warning: the next start would refuse this: .*{file}", self.gateway.log.text),
                "the warning")

    def test_a_users_file_that_nobody_needs_is_looked_at_all_the_same(self):
        self.gateway.stop()
        os.chmod(self.users, 0o644)
        self.gateway.config_file.write_text(
            rendered(self.gateway, listen=[{"address": "127.0.0.1:0"}]))
        begun = subprocess.run([program(), "serve", "--config", self.gateway.config_file],
                               capture_output=True, text=True, timeout=60,
                               env=self.world.surroundings())
        self.assertNotEqual(begun.returncode, 0)
        self.assertIn(self.users, begun.stderr)


if __name__ == "__main__":
    unittest.main()
