"""`ssmgate doctor`, in shells that are broken in one way each: it names the thing, and the line
that it gives does mend it.
"""

import json
import os
import shutil
import socket
import subprocess
import unittest

from case import assert_chain
from clients import ALICE, aws_environment, need, run
from connect_proxy import ConnectProxy
from doctor_case import Broken
from servers import free_port
from world import program


class Shells(Broken):
    def test_a_shell_that_is_right(self):
        found, result = self.doctor()
        self.assertEqual((found, result.status), ({}, 0))
        ids = [each["id"] for each in result.json["findings"]]
        for wanted in ("gateway.reached", "gateway.leaf", "runtime.python", "runtime.openssl",
                       "upstream.reached", "audit.sink", "trust.aws", "gateway.policy",
                       "state.sessions", "state.audit-key", "runtime.node"):
            self.assertIn(wanted, ids)
        # What is not here is said not to be here.
        of_go = [each["text"] for each in result.json["findings"] if each["id"] == "runtime.go"]
        self.assertEqual("not installed" in "".join(of_go), shutil.which("go") is None)
        text = run([program(), "doctor"], self.shell(), cwd=self.world.folder)
        self.assertTrue(text.out.endswith("nothing is wrong\n"), text.out)
        self.assertNotIn("\x1b", text.out)

    def test_no_temporary_folder(self):
        found, _ = self.doctor(TMPDIR="/nonexistent")
        self.assertIn("no temporary folder", found["runtime.openssl"]["text"])
        self.assertLessEqual(set(found), {"runtime.openssl", "runtime.go"})

    def test_no_variable_at_all(self):
        self.assert_mended("proxy.unset", HTTPS_PROXY=None, https_proxy=None, AWS_CA_BUNDLE=None,
                           SSL_CERT_FILE=None, NODE_EXTRA_CA_CERTS=None)

    def test_other_proxy_variables_alone(self):
        gateway = f"http://127.0.0.1:{self.world.gateway.port}"
        self.assert_mended("proxy.all-only", HTTPS_PROXY=None, https_proxy=None, ALL_PROXY=gateway)
        self.assert_found("proxy.http-only", "no-proxy.credentials", HTTPS_PROXY=None,
                          https_proxy=None, HTTP_PROXY=gateway, AWS_EC2_METADATA_DISABLED="false")

    def test_spellings_that_differ(self):
        self.assert_mended("proxy.spellings", https_proxy="")
        self.assert_mended("proxy.spellings", HTTPS_PROXY="http://proxy.invalid:3128")

    def test_an_https_url_to_a_plain_listener(self):
        url = f"https://127.0.0.1:{self.world.gateway.port}"
        found = self.assert_found("gateway.plain", "proxy.https", HTTPS_PROXY=url, https_proxy=url)
        self.assertEqual(found["mend"],
                         "export HTTPS_PROXY={0} https_proxy={0}".format(url.replace("s:", ":")))

    def test_a_url_without_a_scheme(self):
        bare = f"127.0.0.1:{self.world.gateway.port}"
        self.assert_mended("proxy.no-scheme", HTTPS_PROXY=bare, https_proxy=bare)

    def test_a_port_where_nobody_listens(self):
        url = f"http://127.0.0.1:{free_port()}"
        found = self.assert_found("gateway.unreachable", HTTPS_PROXY=url, https_proxy=url)
        self.assertIn("connection refused", found["text"])

    def test_no_proxy(self):
        self.assert_mended("no-proxy.ssm", NO_PROXY="localhost,amazonaws.com",
                           no_proxy="localhost,amazonaws.com")
        # The plugin alone goes past the gateway, and the AWS CLI does not.
        found = self.assert_found("no-proxy.ssm", NO_PROXY="*.amazonaws.com")
        self.assertIn("not the AWS CLI", found["text"])
        self.assert_mended("no-proxy.ssm", NO_PROXY="*.amazonaws.com")

    def test_an_empty_bundle_variable_verifies_nothing(self):
        self.assert_mended("trust.aws-off", AWS_CA_BUNDLE="")

    def test_bundles(self):
        empty = self.world.folder / "empty.pem"
        empty.write_text("")
        alone = self.world.folder / "alone.pem"
        alone.write_text(self.world.gateway.ca.read_text())
        self.assert_mended("trust.aws-unusable", AWS_CA_BUNDLE="/nonexistent/bundle.pem")
        self.assert_mended("trust.aws-unusable", AWS_CA_BUNDLE=str(empty))
        self.assert_mended("trust.aws-ca-only", AWS_CA_BUNDLE=str(alone))
        self.assert_mended("trust.aws-without-ca", AWS_CA_BUNDLE=str(self.world.stand_in.root))
        self.assert_mended("trust.aws-unset", AWS_CA_BUNDLE=None)
        self.assert_mended("trust.ssl-cert-file-ca-only", SSL_CERT_FILE=str(alone))

    @unittest.skipUnless(shutil.which("node"), "no Node here")
    def test_node(self):
        self.assert_mended("trust.node-unset", NODE_EXTRA_CA_CERTS=None)
        self.assert_mended("trust.node-without-ca",
                           NODE_EXTRA_CA_CERTS=str(self.world.stand_in.root))

    def test_the_configuration_of_the_aws_cli(self):
        file = self.world.folder / "aws-config"
        file.write_text("[default]\nregion = us-east-1\nendpoint_url = https://relay.example\n")
        self.assert_mended("endpoint.elsewhere", AWS_CONFIG_FILE=str(file))
        self.assertNotIn("relay.example", file.read_text())
        file.write_text("[default]\nservices = x\n[services x]\nssm =\n"
                        "  endpoint_url = http://ssm.us-east-1.amazonaws.com\n")
        self.assert_mended("endpoint.plain", AWS_CONFIG_FILE=str(file))
        file.write_text(f"[default]\nca_bundle = {self.world.stand_in.root}\n")
        self.assert_mended("trust.aws-without-ca", AWS_CONFIG_FILE=str(file), AWS_CA_BUNDLE=None)
        self.assert_mended("endpoint.elsewhere", AWS_ENDPOINT_URL_SSM="https://relay.example")
        self.assert_mended("endpoint.profile", AWS_PROFILE="nobody")

    def test_the_plugin(self):
        shell = self.shell()
        old = self.world.folder / "plugin-old"
        old.mkdir()
        (old / "session-manager-plugin").write_text("#!/bin/sh\necho 1.2.463.0\n")
        (old / "session-manager-plugin").chmod(0o755)
        self.assert_found("plugin.old", PATH=f"{old}{os.pathsep}{shell['PATH']}")
        without = aws_environment(self.world, ALICE, "none")["PATH"]
        self.assert_found("plugin.missing", PATH=without)

    def test_javascript_without_an_agent(self):
        project = self.world.folder / "project"
        (project / "node_modules" / "@aws-sdk" / "client-ssm").mkdir(parents=True)
        result = run([program(), "doctor", "--json", "--only", "proxy"], self.shell(), cwd=project)
        self.assertEqual(result.json["findings"][-1]["id"], "proxy.javascript")
        self.assertEqual(result.status, 1)

    def test_a_proxy_that_is_no_gateway(self):
        def route(_host, _port):
            return "127.0.0.1", self.world.stand_in.ports["api_port"]
        proxy = ConnectProxy(route)
        self.addCleanup(proxy.stop)
        url = f"http://127.0.0.1:{proxy.port}"
        self.assert_mended("gateway.not-intercepting", HTTPS_PROXY=url, https_proxy=url)

    def test_something_that_never_answers_is_given_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            found, _ = self.doctor("--only", "gateway", HTTPS_PROXY=url, https_proxy=url)
        self.assertEqual(list(found), ["gateway.unreachable"])

    def test_no_password_and_no_escape_is_printed(self):
        url = f"http://alice:s3cret@127.0.0.1:{self.world.gateway.port}"
        result = run([program(), "doctor"],
                     self.shell(HTTPS_PROXY=url, https_proxy=url + "\x1b[2J", NO_PROXY="\x1b[31m*"),
                     cwd=self.world.folder)
        self.assertNotIn("s3cret", result.out + result.err)
        self.assertNotIn("\x1b", result.out + result.err)

    def test_the_log_stays_a_chain_without_a_probe_in_it(self):
        before = len(self.world.gateway.audit("decision"))
        self.doctor()
        self.assertEqual(len(self.world.gateway.audit("decision")), before)
        data = self.world.gateway.audit_file.read_bytes()
        assert_chain(self, data)
        self.assertNotIn(b"doctor", data)
        self.assertEqual(list(self.world.gateway.folder.glob(".ssmgate-doctor*")), [])

    def test_wrong_usage_is_no_finding(self):
        for words in (("--only", "nothing"), ("--only", "ca,nothing"), ("--only", "ca", "files"),
                      ("--region", "nowhere"), ("--region", "us-east-1.evil"), ("extra",)):
            result = run([program(), "doctor", *words], self.shell())
            self.assertEqual((result.status, result.out), (3, ""), words)
            self.assertEqual(result.err.count("\n"), 1)

    def test_colours_are_for_a_terminal(self):
        def on_terminal(**more):
            done = run(["script", "-qec", f"{program()} doctor --only proxy", "/dev/null"],
                       self.shell(TERM="xterm", **more))
            return done.out
        need("script", "bsdutils")
        self.assertIn("\x1b[32mok\x1b[0m", on_terminal())
        self.assertNotIn("\x1b[32m", on_terminal(NO_COLOR="1"))


class Passwords(Broken):
    def test_a_password_that_is_missing_or_wrong(self):
        config = json.loads(self.world.gateway.config_file.read_text())
        users = self.world.gateway.folder / "users"
        hashed = subprocess.run(["openssl", "passwd", "-6", "right"], capture_output=True,
                                text=True, check=True).stdout.strip()
        users.write_text(f"alice:{hashed}\n")
        users.chmod(0o600)
        config["listen"][0]["auth"] = "basic"
        config["users_file"] = str(users)
        self.world.gateway.config_file.write_text(json.dumps(config))
        self.world.gateway.stop()
        self.world.gateway.start()
        port = self.world.gateway.port
        for user, wrong in (("", True), ("alice:wrong@", True), ("alice:right@", False)):
            url = f"http://{user}127.0.0.1:{port}"
            found, result = self.doctor("--only", "gateway", HTTPS_PROXY=url, https_proxy=url)
            self.assertEqual("gateway.password" in found, wrong, user)
            self.assertNotIn("right", result.out)


if __name__ == "__main__":
    unittest.main()
