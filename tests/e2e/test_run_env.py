"""`ssmgate run` and `ssmgate env`: the same, without setting anything up by hand."""

import json
import os
import shlex
import unittest

from case import assert_chain
from clients import ALICE, TARGET, aws_environment, need, run
from raw import exchange, signed
from servers import free_port
from waiting import wait_for
from world import POLICY, World, program

UNPROXIED = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "localhost",
             "127.0.0.1")
REMOTE = ["aws", "ssm", "start-session", "--target", TARGET, "--document-name",
          "AWS-StartPortForwardingSessionToRemoteHost", "--parameters",
          "host=billing.internal,portNumber=5432"]
DESCRIBE = ["aws", "ssm", "describe-instance-information", "--output", "json"]


class RunAndEnv(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("aws", "awscli")
        # `env` has to find the gateway by its configuration, so the port is fixed beforehand.
        cls.world = World(listen=[{"address": f"127.0.0.1:{free_port()}"}])
        cls.addClassCleanup(cls.world.close)

    def environment(self, **more):
        """A shell with credentials and a configuration file, but no proxy and no CA."""
        made = aws_environment(self.world, ALICE, "none")
        for name in ("HTTPS_PROXY", "https_proxy", "AWS_CA_BUNDLE", "SSL_CERT_FILE",
                     "NODE_EXTRA_CA_CERTS"):
            del made[name]
        made["SSMGATE_CONFIG"] = str(self.world.gateway.config_file)
        made.update(more)
        return made

    def gate(self, *arguments, given="", **more):
        return run([program(), *arguments], self.environment(**more), given)

    def exported(self, **more):
        """The environment that a command sees under `ssmgate run`."""
        result = self.gate("run", "--", need("python3", "python3"), "-c",
                           "import json, os; print(json.dumps(dict(os.environ)))", **more)
        self.assertEqual(result.status, 0, result.err)
        return json.loads(result.out)


class Run(RunAndEnv):
    def test_the_aws_cli_works(self):
        result = self.gate("run", "--", *DESCRIBE)
        self.assertEqual(result.status, 0, result.err)
        listed = json.loads(result.out)["InstanceInformationList"]
        self.assertEqual(listed[0]["InstanceId"], TARGET)

    def test_one_audit_file_with_a_running_gateway(self):
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        self.assertEqual(exchange(self.world, request).status, 200)
        self.gate("run", "--", *DESCRIBE)
        self.assertEqual(exchange(self.world, request).status, 200)
        assert_chain(self, self.world.gateway.audit_file.read_bytes())

    def test_the_policy_holds(self):
        result = self.gate("run", "--", *REMOTE)
        self.assertIn(result.status, (254, 255))
        self.assertIn("(AccessDeniedException)", result.err)
        self.assertIn("orders-db", result.err)

    def test_a_policy_of_its_own(self):
        file = self.world.folder / "open.yaml"
        file.write_text(POLICY.replace("orders.*.rds.amazonaws.com", "billing.internal"))
        result = self.gate("run", "--policy", str(file), "--", *REMOTE)
        self.assertIn("SessionManagerPlugin is not found", result.err)
        file.write_text("version: 1\nalow: []\n")
        result = self.gate("run", "--policy", str(file), "--", "true")
        self.assertNotEqual(result.status, 0)
        self.assertIn(f"{file}:2:1: error: ", result.err)

    def test_exit_status_and_streams_are_the_commands(self):
        result = self.gate("run", "--", "sh", "-c", "cat; echo no >&2; exit 7", given="typed")
        self.assertEqual((result.status, result.out), (7, "typed"))
        self.assertIn("no\n", result.err)
        self.assertNotEqual(self.gate("run", "--", "ssmgate-no-such-command").status, 0)

    def test_environment(self):
        seen = self.exported()
        self.assertRegex(seen["HTTPS_PROXY"], r"^http://127\.0\.0\.1:\d+$")
        self.assertEqual(set(UNPROXIED) - set(seen["NO_PROXY"].split(",")), set())
        self.assertEqual([name for name, value in seen.items() if not value
                          and name not in self.environment()], [])

    def test_what_was_set_is_extended(self):
        seen = self.exported(NO_PROXY="corp.example,10.0.0.0/8")
        entries = seen["NO_PROXY"].split(",")
        self.assertEqual(set(UNPROXIED + ("corp.example", "10.0.0.0/8")) - set(entries), set())
        self.assertNotIn("", entries)

    def test_bundle_holds_the_ca_and_the_roots(self):
        result = self.gate("run", "--", "sh", "-c", 'cat "$AWS_CA_BUNDLE"')
        for file in (self.world.gateway.ca, self.world.stand_in.root):
            self.assertIn(file.read_text().strip(), result.out)


class Env(RunAndEnv):
    def bash(self, script, **more):
        gate = shlex.quote(os.path.dirname(program()))
        return run([need("bash", "bash"), "-euc", f"PATH={gate}:$PATH\n{script}"],
                   self.environment(**more))

    def test_eval_points_the_cli_at_the_running_gateway(self):
        result = self.bash(f'eval "$(ssmgate env)"\n{shlex.join(DESCRIBE)}')
        self.assertEqual(result.status, 0, result.err)
        operations = [line["operation"] for line in self.world.gateway.audit("decision")]
        self.assertIn("DescribeInstanceInformation", operations)
        result = self.bash(f'eval "$(ssmgate env)"\n{shlex.join(REMOTE)}')
        self.assertIn("(AccessDeniedException)", result.err)
        wait_for(lambda: self.world.gateway.audit("decision")[-1]["decision"] == "deny",
                 "the refusal's line", 10)

    def test_unset_takes_it_back(self):
        script = 'eval "$(ssmgate env)"\neval "$(ssmgate env --unset)"\n' \
            'echo "[${HTTPS_PROXY-}] [${AWS_CA_BUNDLE-}]"'
        result = self.bash(script)
        self.assertEqual((result.status, result.out), (0, "[] []\n"), result.err)

    def test_only_exports_are_printed(self):
        result = self.gate("env", "--shell", "bash")
        self.assertEqual(result.status, 0, result.err)
        for line in result.out.splitlines():
            self.assertRegex(line, r"^export [A-Za-z_]+=\S+$")


if __name__ == "__main__":
    unittest.main()
