"""`ssmgate doctor` of a gateway that is broken in one way: in its files, or while it runs."""

import json
import os
import subprocess
import time
import unittest

import servers
from clients import run
from doctor_case import QUIET, Broken
from servers import Server, free_port
from standin.tls import TestRoot
from world import program

HOST = "ssm.us-east-1.amazonaws.com"


class Machines(Broken):
    """What the gateway is made of, broken in its files; each test puts them right again."""

    def setUp(self):
        self.gateway = self.world.gateway
        self.config = self.gateway.config_file.read_text()
        self.addCleanup(self.gateway.config_file.write_text, self.config)

    def configure(self, **changes):
        self.gateway.config_file.write_text(json.dumps({**json.loads(self.config), **changes}))

    def found(self, topic, **changes):
        self.configure(**changes)
        found, _ = self.doctor("--only", topic)
        return found

    def test_modes(self):
        key = self.gateway.folder / "ca.key"
        key.chmod(0o644)
        self.addCleanup(key.chmod, 0o600)
        found, _ = self.doctor("--only", "ca,files")
        self.assertEqual(set(found), {"ca.unusable", "files.secret"})
        for each in found.values():
            self.assertEqual(each["mend"], f"chmod 600 {key}")
        subprocess.run(["sh", "-c", found["files.secret"]["mend"]], check=True)
        self.assertEqual(self.doctor("--only", "ca", "--only", "files")[0], {})

    def test_a_configuration_that_cannot_be_read(self):
        self.gateway.config_file.write_text("listen: [{adress: 127.0.0.1:1}]\n")
        found, result = self.doctor()
        self.assertIn("config.invalid", found)
        self.assertIn("adress", json.dumps(found))

    def test_a_company_root_without_constraints(self):
        folder = self.world.folder / "company"
        folder.mkdir()
        root = TestRoot(folder)
        os.chmod(root._key, 0o600)
        found = self.found("ca", ca={"certificate": str(root.certificate), "key": str(root._key)})
        self.assertIn("ca.unconstrained", found)

    def test_upstream(self):
        upstream = json.loads(self.config)["upstream"]
        nobody = {**upstream, "resolve": {f"{HOST}:443": f"127.0.0.1:{free_port()}"}}
        found = self.found("upstream", upstream=nobody)
        self.assertIn("connection refused", found["upstream.reached"]["text"])
        other = self.world.folder / "other-root"
        other.mkdir()
        found = self.found("upstream", upstream={**upstream,
                                                 "ca_file": str(TestRoot(other).certificate)})
        self.assertIn("upstream.ca_file", found["upstream.reached"]["mend"])
        proxy = {"url": f"http://127.0.0.1:{free_port()}"}
        found = self.found("upstream", upstream={"ca_file": upstream["ca_file"], "proxy": proxy})
        self.assertIn("upstream.proxy", found["upstream.reached"]["mend"])

    def test_the_clock_is_held_against_aws(self):
        def answer(stream):
            servers.read_request(stream)
            stream.sendall(b"HTTP/1.1 400 Bad Request\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                           b"Content-Length: 0\r\n\r\n")
        folder = self.world.folder / "clock-root"
        folder.mkdir()
        root = TestRoot(folder)
        with Server(answer, root.leaf_context(HOST)) as server:
            found = self.found("upstream", upstream={"ca_file": str(root.certificate),
                                                     "resolve": {f"{HOST}:443": server.address}})
        self.assertEqual(list(found), ["upstream.clock"])

    def test_sinks(self):
        def found(*paths):
            sinks = [{"type": "file", "path": path} for path in paths]
            return self.found("audit", audit={"sinks": sinks})["audit.sink"]
        # As `serve` does: it does not start, refuses everything, or goes on with what is left.
        self.assertTrue(found("/dev/full/x")["text"].endswith("the gateway does not start"))
        self.assertTrue(found("/dev/full")["text"].endswith("the gateway refuses every session"))
        beside = found("/dev/full", str(self.world.folder / "other.jsonl"))
        self.assertEqual(beside["level"], "warning")
        self.assertTrue(beside["text"].endswith("the gateway goes on with the other sinks"))

    def test_policies(self):
        file = self.gateway.folder / "soon.yaml"
        file.write_text("version: 1\nallow: [{id: a, hots: x}]\n")
        found = self.found("policy", policy=str(file))
        self.assertEqual(found["policy.invalid"]["mend"], f"ssmgate check {file}")

    def test_what_is_kept_in_the_state(self):
        state = self.world.folder / "other-state"
        state.mkdir(mode=0o700)
        self.assertEqual(self.found("state", state=str(state)), {})
        store = state / "sessions.db"
        store.write_bytes(b"no database at all, but long enough to be looked at as one")
        store.chmod(0o600)
        found = self.found("state", state=str(state))
        self.assertEqual(list(found), ["state.sessions"])
        subprocess.run(["sh", "-c", found["state.sessions"]["mend"]], check=True)
        self.assertEqual(self.found("state", state=str(state)), {})
        self.assertEqual([each.name for each in state.iterdir()], ["sessions.db.old"])
        token = self.world.gateway.folder / "state" / "admin.token"
        token.chmod(0o644)
        self.addCleanup(token.chmod, 0o600)
        found = self.found("files")
        self.assertEqual(found["files.secret"]["mend"], f"chmod 600 {token}")

    def test_a_gateway_that_cannot_be_asked(self):
        self.configure(admin={"address": "none"})
        found, result = self.doctor("--only", "gateway")
        self.assertNotIn("gateway.status", found)
        self.assertIn("admin: {address: none}", result.out)


class Running(Broken):
    """What a running gateway knows and the files do not say."""

    def take_policy(self, text):
        """The exit status of the reload; the quiet one is put back at the end."""
        gateway = self.world.gateway
        file = gateway.folder / "policy.yaml"
        def take(words):
            file.write_text(words)
            command = [program(), "reload", "--config", str(gateway.config_file)]
            return run(command, self.shell()).status
        self.addCleanup(take, QUIET)
        return take(text)

    def test_a_token_that_is_gone_or_another(self):
        token = self.world.gateway.folder / "state" / "admin.token"
        text = token.read_text()
        self.addCleanup(token.write_text, text)
        token.unlink()
        self.assert_found("gateway.token")
        token.write_text("0" * 64 + "\n")
        token.chmod(0o600)
        found = self.assert_found("gateway.status")
        self.assertIn("another gateway", found["text"])

    def test_a_policy_that_was_not_taken(self):
        self.assertEqual(self.take_policy("version: 1\nallow: [{id: a, hots: x}]\n"), 1)
        found, _ = self.doctor("--only", "gateway")
        self.assertEqual(set(found), {"gateway.status", "gateway.policy"})
        self.assertIn("policy.yaml:2:", found["gateway.status"]["text"])

    def test_report_mode_and_its_days(self):
        until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 86400))
        self.assertEqual(self.take_policy(f"{QUIET}mode: report\nuntil: {until}\n"), 0)
        found, _ = self.doctor("--only", "gateway", "--only", "policy")
        self.assertRegex(found["gateway.policy"]["text"], r"; [45] days are left$")
        self.assertIn("policy.ends", found)


if __name__ == "__main__":
    unittest.main()
