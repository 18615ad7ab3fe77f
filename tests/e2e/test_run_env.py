"""`ssmgate run` and `ssmgate env`: the same, without setting anything up by hand."""

import json
import os
import resource
import shlex
import signal
import subprocess
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
        # A soft limit that is surely not the hard one.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
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

    def test_through_a_gateway_where_it_would_listen_otherwise(self):
        """`run` chooses another port."""
        config = self.world.gateway.folder / "through.yaml"
        address = self.world.gateway.config_file.read_text()
        address = json.loads(address)["listen"][0]["address"]
        config.write_text(json.dumps({"listen": [{"address": address}], "policy": "policy.yaml",
                                      "upstream": {"proxy": {"url": f"http://{address}"},
                                                   "ca_file": str(self.world.bundle)}}))
        before = len(self.world.gateway.audit("decision"))
        result = self.gate("run", "--config", str(config), "--", *DESCRIBE)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(len(self.world.gateway.audit("decision")), before + 1)
        refused = self.gate("serve", "--config", str(config))
        self.assertEqual(refused.status, 2)
        self.assertIn(f"gateway's own listener {address}", refused.err)

    @unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
    def test_other_users_of_the_machine_stay_out(self):
        """To a proxy behind it they would be whoever runs it."""
        ask = ("import os, subprocess, sys; sys.exit(subprocess.run(['curl', '-sk', '-x', "
               "os.environ['HTTPS_PROXY'], 'https://ssm.us-east-1.amazonaws.com/'], "
               "user={0}, group={0}, extra_groups=[], cwd='/').returncode)")
        need("curl", "curl")
        for user, code in ((12345, "client-not-allowed"), (0, "target-header")):
            with self.subTest(user):
                result = self.gate("run", "--", need("python3", "python3"), "-c", ask.format(user))
                self.assertIn(f"({code}", result.out)

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

    def test_arguments_arrive_as_they_are(self):
        words = ["[a,b]", "[]", "", "a b", "{}", '["i-1"]', "--policy", "-h", "--", "[x", "\\n"]
        result = self.gate("run", "--", "printf", "%s\\0", *words)
        self.assertEqual(result.out.split("\0")[:-1], words, result.err)

    def test_a_wrong_usage_says_what_to_write(self):
        for arguments, hint in ((["true"], "`ssmgate run -- true"), ([], "run -- COMMAND"),
                                (["--"], "run -- COMMAND"), (["--polcy", "x"], "`--polcy`"),
                                (["--policy", "[a]"], "run -- COMMAND")):
            result = self.gate("run", *arguments)
            self.assertEqual(result.status, 125, arguments)
            self.assertIn(hint, result.err)

    def test_trouble_of_the_gateway_is_125(self):
        for more, told in (({"TMPDIR": "/nonexistent"}, "TMPDIR"),
                           ({"XDG_STATE_HOME": "/proc/x", "SSMGATE_CONFIG": ""}, "/proc/x"),
                           ({"AWS_CA_BUNDLE": "/tmp"}, "AWS_CA_BUNDLE names `/tmp`"),
                           ({"NODE_EXTRA_CA_CERTS": "/nonexistent"}, "NODE_EXTRA_CA_CERTS names"),
                           ({"AWS_CA_BUNDLE": "/dev/null"}, "no certificate in it"),
                           ({"AWS_CA_BUNDLE": str(self.damaged())}, "certificate 2 in it"),
                           ({"AWS_CA_BUNDLE": "/dev/zero"}, "16 MiB")):
            result = self.gate("run", "--", "true", **more)
            self.assertEqual(result.status, 125, more)
            self.assertIn(told, result.err)

    def damaged(self):
        """A bundle of which the second certificate was cut."""
        whole = self.world.stand_in.root.read_text()
        file = self.world.folder / "damaged.pem"
        file.write_text(whole + whole[:len(whole) // 2] + "\n-----END CERTIFICATE-----\n")
        return file

    def test_records_do_not_mix_with_the_command_s_output(self):
        file = self.world.folder / "to-stdout.yaml"
        file.write_text("audit: {sinks: [{type: stdout}]}\n")
        result = self.gate("run", "--config", str(file), "--", "echo", "ran")
        self.assertEqual((result.status, result.out), (125, ""))
        self.assertIn("standard output", result.err)
        self.assertIn("type: file", result.err)

    def test_rules_for_users_are_told_to_hold_for_nobody(self):
        policy = self.world.folder / "users.yaml"
        policy.write_text('version: 1\nallow:\n- {id: db, users: [carol], documents: [Acme-Shell]}\n')
        result = self.gate("run", "--policy", str(policy), "--", "true")
        self.assertEqual(result.status, 0)
        self.assertIn("ssmgate: warning: the policy's `db` can never apply", result.err)

    def test_the_command_gets_no_descriptor_of_ours(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        kept = os.open("/dev/null", os.O_RDONLY)
        self.addCleanup(os.close, kept)
        code = "import os, resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)," \
               "[fd for fd in os.listdir('/proc/self/fd')" \
               " if int(fd) > 2 and os.path.exists('/proc/self/fd/' + fd)])"
        done = subprocess.run([program(), "run", "--", need("python3", "python3"), "-c", code],
                              env=self.environment(), pass_fds=[kept], check=True,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, f"{limit} {[str(kept)]}\n")

    def test_the_gateway_takes_all_descriptors_that_it_may(self):
        def is_raised(process):
            soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
            return soft == hard

        self.assertTrue(is_raised(self.world.gateway.process))
        with subprocess.Popen([program(), "run", "--", "cat"], env=self.environment(),
                              stdin=subprocess.PIPE) as gate:
            wait_for(lambda: is_raised(gate), "run's limit", 30)
            gate.stdin.close()
            self.assertEqual(gate.wait(30), 0)

    def test_a_signal_to_ssmgate_alone_reaches_the_command(self):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
            command = ["sh", "-c", "ulimit -c 0; echo ready; exec cat"]
            with subprocess.Popen([program(), "run", "--", *command], env=self.environment(),
                                  start_new_session=True, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as gate:
                self.assertEqual(gate.stdout.readline(), b"ready\n")
                gate.send_signal(number)
                self.assertEqual(gate.wait(30), 128 + number)

    def test_whoever_ignores_its_children(self):
        code = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);" \
               "os.execv(sys.argv[1], sys.argv[1:])"
        result = run([need("python3", "python3"), "-c", code, program(), "run", "--", "sh", "-c",
                      "exit 7"], self.environment())
        self.assertEqual(result.status, 7, result.err)


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

    def left(self, script, **more):
        """What a shell holds at the end of `script` of all that `env` touches or notes."""
        ours = r"^(SSMGATE_S|https_proxy|no_proxy|AWS_CA|NODE_EX)"
        result = self.bash(f"{script}\nenv | grep -iE '{ours}' | sort || :", **more)
        self.assertEqual(result.status, 0, result.err)
        return dict(line.split("=", 1) for line in result.out.splitlines())

    def test_twice_and_taken_back_leaves_nothing(self):
        on, off = 'eval "$(ssmgate env)"', 'eval "$(ssmgate env --unset)"'
        before = self.left(":")
        self.assertEqual(self.left(f"{on}\n{on}\n{off}"), before)
        self.assertEqual(self.left(f"{on}\n{off}\n{off}"), before)
        self.assertEqual(self.left(f"{on}\n{on}"), self.left(on))
        own = {"NO_PROXY": "corp.example", "AWS_CA_BUNDLE": str(self.world.stand_in.root)}
        before = self.left(":", **own)
        self.assertEqual(self.left(f"{on}\n{on}\n{off}", **own), before)

    def test_what_a_person_sets_later_wins(self):
        later = self.world.folder / "later.pem"
        later.write_text("ADDED-LATER\n" + self.world.gateway.ca.read_text())
        on, off = 'eval "$(ssmgate env)"', 'eval "$(ssmgate env --unset)"'
        change = f"export AWS_CA_BUNDLE={later} NO_PROXY=new.example"
        earlier = {"NO_PROXY": "old.example", "AWS_CA_BUNDLE": str(self.world.stand_in.root)}
        self.assertEqual(self.bash(f"{on}\n{change}\n{on}\ncat $AWS_CA_BUNDLE", **earlier).out
                         .count("ADDED-LATER"), 1)
        seen = self.left(f"{on}\n{change}\n{on}", **earlier)
        self.assertIn("new.example", seen["NO_PROXY"].split(","))
        self.assertNotIn("old.example", seen["NO_PROXY"].split(","))
        for script in (f"{on}\n{change}\n{off}", f"{on}\n{change}\n{on}\n{off}"):
            seen = self.left(script, **earlier)
            self.assertEqual(seen["AWS_CA_BUNDLE"], str(later))
            self.assertEqual(seen["NO_PROXY"], "new.example")
        self.assertNotIn("AWS_CA_BUNDLE", self.left(f"{on}\nunset AWS_CA_BUNDLE\n{off}"))

    def test_unset_leaves_a_persons_own_alone(self):
        for shell in ("bash", "zsh", "fish", "powershell"):
            result = self.gate("env", "--unset", "--shell", shell, HTTPS_PROXY="http://corp:3128",
                               SSMGATE_SAVED_HTTPS_PROXY="http://old:1")
            self.assertEqual((result.status, result.out), (0, ""), result.err)

    def test_every_shell_gets_its_own_words(self):
        notes = {"SSMGATE_SET_NO_PROXY": "x", "NO_PROXY": "x", "SSMGATE_SAVED_NO_PROXY": "it's",
                 "SSMGATE_SET_AWS_CA_BUNDLE": "y", "AWS_CA_BUNDLE": "y"}
        for shell, put_back, gone in (
                ("zsh", "export NO_PROXY='it'\\''s'", "unset AWS_CA_BUNDLE"),
                ("fish", "set -gx NO_PROXY 'it\\'s'", "set -e AWS_CA_BUNDLE"),
                ("powershell", "$env:NO_PROXY = 'it''s'",
                 "Remove-Item -ErrorAction SilentlyContinue Env:AWS_CA_BUNDLE")):
            lines = self.gate("env", "--unset", "--shell", shell, **notes).out.splitlines()
            self.assertIn(put_back, lines)
            self.assertIn(gone, lines)
            self.assertEqual(len(lines), 6)

    def test_zsh_and_fish_take_the_words_as_meant(self):
        odd = {"NO_PROXY": "it's `$x` \\ \"q\"", "SSMGATE_SET_NO_PROXY": "y"}
        for shell, on, off in (
                ("zsh", 'eval "$(ssmgate env --shell zsh)"',
                 'eval "$(ssmgate env --unset --shell zsh)"'),
                ("fish", "ssmgate env --shell fish | source",
                 "ssmgate env --unset --shell fish | source")):
            def words(script, shell=shell):
                gate = os.path.dirname(program())
                result = run([need(shell, shell), "-c", script], self.environment(
                    PATH=f"{gate}:{os.environ['PATH']}", XDG_CONFIG_HOME=str(self.world.folder),
                    **odd))
                self.assertEqual(result.status, 0, result.err)
                self.assertEqual(result.err, "")
                return result.out

            show = 'printf "%s|" "$HTTPS_PROXY" "$AWS_CA_BUNDLE" "$NO_PROXY"'
            with self.subTest(shell):
                self.assertIn('"InstanceId"', words(f"{on}\n{shlex.join(DESCRIBE)}"))
                self.assertIn(odd["NO_PROXY"], words(f"{on}\n{show}"))
                self.assertEqual(words(f"{on}\n{off}\n{show}"), f"||{odd['NO_PROXY']}|")

    def test_run_inside_says_how_to_get_out(self):
        result = self.bash('eval "$(ssmgate env)"\nssmgate run -- true')
        self.assertEqual(result.status, 125)
        self.assertIn('`eval "$(ssmgate env --unset)"`', result.err)
        result = self.bash('eval "$(ssmgate env)"\neval "$(ssmgate env --unset)"\n'
                           'ssmgate run -- true')
        self.assertEqual(result.status, 0, result.err)

    def test_what_fails_is_false_where_it_is_evaluated(self):
        for arguments in ("--config /nonexistent", "--shell ksh", "--config ''", "--bogus"):
            result = self.bash(f'set +e\neval "$(ssmgate env {arguments})"; echo $?')
            self.assertEqual(result.out, "1\n", arguments)
            self.assertIn("ssmgate: " if "nonexistent" not in arguments else "error: ", result.err)

    def test_closed_streams_are_no_place_for_the_log(self):
        audit = self.world.folder / "closed" / "audit.jsonl"
        config = self.world.gateway.config_file.with_name("closed.yaml")
        settings = json.loads(self.world.gateway.config_file.read_text())
        settings.update(listen=[{"address": "127.0.0.1:0"}],
                        audit={"sinks": [{"type": "file", "path": str(audit)}]})
        config.write_text(json.dumps(settings))
        gate = shlex.join([program(), "run", "--config", str(config)])
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            result = self.bash(f"set +e\n{gate} -- true {closed}; echo $?")
            self.assertEqual(result.out, "0\n", (closed, result.err))
        for line in audit.read_text().splitlines():
            self.assertIn("event", json.loads(line))

    def test_output_that_cannot_be_written_is_said(self):
        for arguments in ("env", "--version", "--help"):
            result = self.bash(f"set +e\nssmgate {arguments} >/dev/full; echo $?")
            self.assertEqual(result.out, "2\n", arguments)
            self.assertIn("cannot write to standard output", result.err)

    def test_only_exports_are_printed(self):
        result = self.gate("env", "--shell", "bash")
        self.assertEqual(result.status, 0, result.err)
        for line in result.out.splitlines():
            self.assertRegex(line, r"^export [A-Za-z_]+=\S+$")


if __name__ == "__main__":
    unittest.main()
