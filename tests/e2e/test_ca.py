"""The CA as a person handles it, and a gateway that runs beside that."""

import hashlib
import json
import os
import shutil
import ssl
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

import servers
from case import EndToEnd
from clients import ALICE, TARGET, run, start_session
from raw import HOST, exchange, open_tls, read_answer, signed
from reloading import configure
from servers import Server
from standin.tls import TestRoot
from waiting import wait_for
from world import World, program

SESSION = {"Target": TARGET}
PRIVATE = "ssm.example.internal"


def ca(gateway, *words):
    return run([program(), "ca", *words, "--config", str(gateway.config_file)],
               gateway.surroundings)


def pem_count(text):
    return text.count("BEGIN CERTIFICATE")


class Commands(EndToEnd):
    def test_show_names_the_certificate_and_what_it_may_sign(self):
        shown = ca(self.world.gateway, "show", "--json").json
        root, = shown["certificates"]
        der = ssl.PEM_cert_to_DER_cert(self.world.gateway.ca.read_text())
        self.assertEqual(root["sha256"].replace(":", "").lower(), hashlib.sha256(der).hexdigest())
        self.assertEqual(root["role"], "in force")
        self.assertIn("amazonaws.com", root["permitted"])
        self.assertNotIn("example.com", root["permitted"])
        self.assertGreater(root["days_left"], 3640)
        text = ca(self.world.gateway, "show").out
        for word in (root["subject"], root["serial"], root["sha256"], "no addresses"):
            self.assertIn(word, text)

    def test_export_is_what_clients_trust(self):
        gateway = self.world.gateway
        self.assertEqual(ca(gateway, "export").out, gateway.ca.read_text())
        der = subprocess.run([program(), "ca", "export", "--der", "--config",
                              str(gateway.config_file)], env=gateway.surroundings,
                             capture_output=True, check=True).stdout
        self.assertEqual(der, ssl.PEM_cert_to_DER_cert(gateway.ca.read_text()))

    def test_bundle_is_enough_for_a_client_alone(self):
        bundle = ca(self.world.gateway, "bundle").out
        self.assertEqual(pem_count(bundle), 2)
        file = self.world.folder / "only-this.pem"
        file.write_text(bundle)
        result = start_session(self.world, AWS_CA_BUNDLE=str(file))
        self.assertEqual(result.status, 0, result.err)

    def test_an_empty_name_of_a_configuration_is_no_default(self):
        for words in (("ca", "show"), ("ca", "export"), ("ca", "bundle"), ("ca", "rotate"),
                      ("ca", "prove"), ("init",)):
            result = run([program(), *words, "--config", ""], self.world.surroundings())
            self.assertEqual((result.status, result.out), (2, ""), words)
            self.assertIn("is a variable unset?", result.err)

    def test_without_a_ca_the_next_step_is_said(self):
        empty = self.world.folder / "empty"
        empty.mkdir()
        (empty / "ssmgate.yaml").write_text("{}\n")
        result = run([program(), "ca", "show", "--config", str(empty / "ssmgate.yaml")],
                     self.world.surroundings())
        self.assertEqual(result.status, 2)
        self.assertIn("`ssmgate init`", result.err)

    def test_prove_shows_forgeries_refused_and_ssm_accepted(self):
        result = ca(self.world.gateway, "prove")
        self.assertEqual(result.status, 0, result.out + result.err)
        rows = [line.split() for line in result.out.split("\n")]
        for name in ("example.com", "s3.amazonaws.com", "sts.amazonaws.com", "amazonaws.com",
                     "127.0.0.1", "*.amazonaws.com"):
            row = next(row for row in rows if row[:1] == [name])
            self.assertEqual(set(row[1:]), {"refused"}, row)
        own = [row for row in rows if row[:1] == [HOST]]
        self.assertEqual([set(row[1:]) for row in own], [{"accepted"}, {"accepted"}])
        self.assertNotIn("(!)", result.out)
        self.assertEqual(list(self.world.folder.glob("ssmgate-prove-*")), [])


class Prove(unittest.TestCase):
    def test_an_unconstrained_ca_does_not_pass(self):
        with World(with_gateway=False) as world:
            folder = world.folder / "company"
            root = TestRoot(folder_of(folder))
            os.chmod(root._key, 0o600)
            (folder / "ssmgate.yaml").write_text(json.dumps(
                {"ca": {"certificate": str(root.certificate), "key": str(root._key)}}))
            result = run([program(), "ca", "prove", "--config", str(folder / "ssmgate.yaml")],
                         world.surroundings())
            self.assertEqual(result.status, 1, result.out + result.err)
            self.assertIn("accepted (!)", result.out)


def folder_of(path):
    path.mkdir()
    return path


@unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
class UsersOfAService(unittest.TestCase):
    """The gateway is another user's, as a service's is: of its files these users can read ca.pem."""

    NOBODY = 65534

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ssmgate-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.home = folder_of(self.folder / "home")
        os.chown(self.home, self.NOBODY, self.NOBODY)
        self.folder.chmod(0o755)
        self.state = folder_of(self.folder / "state")
        self.state.chmod(0o711)
        config = {"state": str(self.state), "listen": [{"address": "127.0.0.1:9"}],
                  "ca": {"certificate": str(self.state / "ca.pem"),
                         "key": str(self.state / "ca.key")}}
        self.config = self.folder / "ssmgate.yaml"
        self.config.write_text(json.dumps(config))
        made = run([program(), "init", "--config", str(self.config)], self.environment())
        self.assertEqual(made.status, 0, made.err)
        if self.ask("--version").returncode != 0:
            self.skipTest("the program stands where other users do not get")

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home)}

    def ask(self, *words, text=True, **more):
        try:
            return subprocess.run([program(), *words], user=self.NOBODY, group=self.NOBODY,
                                  extra_groups=[], capture_output=True, text=text, cwd="/",
                                  check=False, timeout=60, env={**self.environment(), **more})
        except PermissionError as error:
            self.skipTest(f"the program stands where other users do not get: {error}")

    def here(self, *words, **more):
        return self.ask(*words, "--config", str(self.config), **more)

    def test_what_clients_are_to_trust_needs_no_key(self):
        for words in (("ca", "export"), ("ca", "export", "--der"), ("ca", "show"),
                      ("ca", "show", "--json")):
            done = subprocess.run([program(), *words, "--config", str(self.config)],
                                  capture_output=True, check=True)
            self.assertEqual(self.here(*words, text=False).stdout, done.stdout, words)
        self.assertGreater(pem_count(self.here("ca", "bundle").stdout), 1)

    def test_env_keeps_its_bundle_where_the_user_may_write(self):
        done = self.here("env")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = list((self.home / ".cache" / "ssmgate").iterdir())
        self.assertEqual(len(made), 1)
        self.assertIn(f"export AWS_CA_BUNDLE='{made[0]}'", done.stdout)
        self.assertEqual(stat.S_IMODE(made[0].parent.stat().st_mode), 0o700)
        self.assertIn((self.state / "ca.pem").read_text(), made[0].read_text())
        done = self.here("env", XDG_CACHE_HOME="/proc/none")
        self.assertEqual((done.returncode, done.stdout), (2, "false\n"))
        self.assertIn("XDG_CACHE_HOME", done.stderr)

    def test_what_cannot_be_done_says_whose_it_is(self):
        done = self.ask("run", "--config", str(self.config), "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("is another user's, whose gateway this is", done.stderr)
        self.state.chmod(0o700)
        for words in (("env",), ("ca", "export")):
            done = self.here(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertNotIn("there is no CA", done.stderr)


class Rotation(EndToEnd):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway
        self.mark()

    def trusting_now(self):
        """Clients that are given today's `ca export`."""
        text = ca(self.gateway, "export").out
        self.world.bundle.write_text(text)
        return text

    def status(self):
        return exchange(self.world, signed(ALICE, "StartSession", SESSION)).status

    def wait_for_reloads(self, count):
        wait_for(lambda: self.gateway.log.text.count("reload (file): ca\n") == count,
                 "the gateway to take the step")

    def test_nobody_who_trusts_what_is_handed_out_ever_breaks(self):
        before = self.gateway.ca.read_text()
        self.assertEqual(ca(self.gateway, "rotate").status, 0)
        self.wait_for_reloads(1)
        both = self.trusting_now()
        self.assertEqual(pem_count(both), 2)
        self.assertTrue(both.startswith(before))
        self.assertEqual(self.status(), 200)
        key = self.gateway.folder / "ca.key.next"
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        # Too early, and said so.
        early = ca(self.gateway, "rotate", "--activate")
        self.assertEqual(early.status, 1)
        self.assertIn("7 more days", early.err)

        with open_tls(self.world) as stream:
            self.assertEqual(ca(self.gateway, "rotate", "--activate", "--now").status, 0)
            # The gateway takes it by itself, and a connection that is open goes on.
            self.wait_for_reloads(2)
            stream.sendall(signed(ALICE, "StartSession", SESSION))
            self.assertEqual(read_answer(stream)[0].status, 200)
        self.assertEqual(self.status(), 200)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.world.bundle.write_text(before)
            self.status()

        self.assertEqual(ca(self.gateway, "rotate", "--finish").status, 0)
        after = self.trusting_now()
        self.assertEqual(pem_count(after), 1)
        self.assertNotIn(after, before)
        self.assertEqual(self.status(), 200)
        self.assertEqual(ca(self.gateway, "prove").status, 0)

    def test_shells_of_env_learn_of_the_new_root_at_once(self):
        configure(self.gateway, listen=[{"address": "127.0.0.1:0"},
                                        {"address": f"127.0.0.1:{servers.free_port()}"}])
        bundle = self.gateway.folder / "state" / "bundle.pem"
        bundle.parent.mkdir(exist_ok=True)
        bundle.write_text("# mine\n" + self.gateway.ca.read_text() + "# theirs\n")
        self.assertEqual(ca(self.gateway, "rotate").status, 0)
        self.assertEqual(pem_count(bundle.read_text()), 2)
        self.assertTrue(bundle.read_text().startswith("# mine\n"))

    def test_steps_out_of_turn_and_taking_back(self):
        before = self.gateway.ca.read_text()
        for words in (("--activate",), ("--finish",), ("--cancel",), ("--now",),
                      ("--finish", "--cancel")):
            result = ca(self.gateway, "rotate", *words)
            self.assertNotEqual(result.status, 0)
            self.assertEqual(result.err.count("\n"), 1, result.err)
        self.assertEqual(ca(self.gateway, "rotate").status, 0)
        self.assertEqual(ca(self.gateway, "rotate").status, 1)
        self.assertEqual(ca(self.gateway, "rotate", "--cancel").status, 0)
        self.assertEqual(self.gateway.ca.read_text(), before)


class PrivateHost(EndToEnd):
    """`intercept.hosts`: a private name that is an SSM endpoint, too."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway
        root = TestRoot(self.world.stand_in.folder)
        self.server = Server(servers.answer_page, root.leaf_context(PRIVATE))
        self.addCleanup(self.server.stop)
        self.mark()
        self.changes = {"intercept": {"hosts": [PRIVATE]},
                        "upstream": {"resolve": {f"{PRIVATE}:443": self.server.address}}}

    def ask(self, body, **more):
        return exchange(self.world, signed(ALICE, "StartSession", body, PRIVATE, **more), PRIVATE)

    def test_an_older_ca_is_said_to_leave_it_out_and_a_rotation_takes_it_in(self):
        said = configure(self.gateway, **self.changes)
        self.assertIn(f"may not sign for `{PRIVATE}` of `intercept.hosts`", said)
        self.assertIn("`ssmgate ca rotate`", said)
        # A start says the same, and ends.
        result = run([program(), "serve", "--config", str(self.gateway.config_file)],
                     self.gateway.surroundings)
        self.assertEqual(result.status, 2)
        self.assertIn("`ssmgate ca rotate`", result.err)

        self.assertEqual(ca(self.gateway, "rotate").status, 0)
        self.assertEqual(ca(self.gateway, "rotate", "--activate", "--now").status, 0)
        wait_for(lambda: "reload (file): intercept" in self.gateway.log.text, "the reload")
        self.world.bundle.write_text(ca(self.gateway, "export").out)
        self.judged()

    def judged(self):
        self.mark()
        self.assertEqual(self.ask(SESSION, region="eu-north-7").status, 200)
        line, = self.decisions("StartSession")
        self.assertEqual((line["decision"], line["endpoint"], line["region"]),
                         ("allow", PRIVATE, "eu-north-7"))
        self.mark()
        refused = self.ask({"Target": TARGET, "DocumentName":
                            "AWS-StartPortForwardingSessionToRemoteHost",
                            "Parameters": {"host": ["db.example.com"], "portNumber": ["22"]}})
        self.assertEqual((refused.status, refused.json["__type"]), (400, "AccessDeniedException"))
        self.assertEqual(self.decisions("StartSession")[0]["code"], "no-rule")


class Init(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ssmgate-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"]}

    def init(self, *words):
        return run([program(), "init", *words], self.environment)

    def test_what_it_writes_is_sound_and_served(self):
        result = self.init()
        self.assertEqual(result.status, 0, result.err)
        made = self.folder / ".config" / "ssmgate"
        self.assertEqual({path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()},
                         {"ssmgate.yaml": 0o644, "policy.yaml": 0o644, "ca.pem": 0o644,
                          "ca.key": 0o600})
        self.assertIn("\npolicy: policy.yaml ", (made / "ssmgate.yaml").read_text())
        self.assertNotIn("yaml-language-server", (made / "ssmgate.yaml").read_text())
        check = run([program(), "check", str(made / "policy.yaml")], self.environment)
        self.assertEqual((check.status, check.out, check.err), (0, "", ""))
        shown = run([program(), "ca", "show"], self.environment)
        self.assertIn("in force", shown.out)

    def test_nothing_is_ever_overwritten(self):
        folder = self.folder / "x" / "y"
        folder.mkdir(parents=True)
        (folder / "policy.yaml").write_text("version: 1\nallow: []\n")
        first = self.init("--config", str(folder / "ssmgate.yaml"))
        self.assertEqual(first.status, 0, first.err)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.assertEqual(before["policy.yaml"], b"version: 1\nallow: []\n")
        second = self.init("--config", str(folder / "ssmgate.yaml"))
        self.assertEqual(second.out.count("stays as it is"), 3)
        self.assertEqual(before, {path.name: path.read_bytes() for path in folder.iterdir()})


if __name__ == "__main__":
    unittest.main()
