"""Listeners that speak TLS, the client's own TLS inside, and `auth: mtls`."""

import json
import socket
import ssl
import unittest

from clients import ALICE, TARGET, boto3, javascript, need, run, start_session
from identities import PASSWORD, ClientAuthority, basic, crypt_hash, write_users
from identity_case import FILES, QUOTED, USERS_POLICY, Folder, connect_head
from nested_tls import Nested, enter_tls, outer_context
from raw import HOST, read_answer, read_to_end, signed, trusting
from waiting import wait_for
from world import program


class Certificates(Folder):
    """Listeners that speak TLS: with a password inside, and with certificates of four kinds."""

    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        people, strangers = (ClientAuthority(cls.folder, name) for name in ("people", "strangers"))
        uri = "URI:spiffe://corp/alice,DNS:other,email:other@example.test"
        cls.good = people.issue("good", uri, "/CN=other")
        cls.revoked = people.issue("revoked", uri)
        cls.expired = people.issue("expired", uri, days=-1)
        cls.server_only = people.issue("server", uri, use="serverAuth")
        cls.by_name = people.issue("cn", subject="/O=corp/CN=people/CN=alice")
        cls.nameless = people.issue("nameless", subject="/O=corp")
        cls.foreign = strangers.issue("foreign", uri)
        write_users(cls.folder / "users", f"alice:{crypt_hash(PASSWORD)}")
        tls = {"certificate": str(cls.files.leaf("localhost")),
               "key": str(cls.folder / "files" / "leaf.key"),
               "client_ca": str(people.certificate)}
        mtls = {"auth": "mtls"}
        current, old = people.revocations(cls.revoked[0]), people.revocations(
            name="old.pem", expired=True)
        return {"users_file": str(cls.folder / "users"), "listen": [
            {"address": "127.0.0.1:0", "tls": {**tls, "crl": str(current)}, **mtls},
            {"address": "127.0.0.1:0", "tls": {**tls, "crl": str(old)}, **mtls},
            {"address": "127.0.0.1:0", "auth": "basic",
             "tls": {name: tls[name] for name in ("certificate", "key")}},
            {"address": "127.0.0.1:0", "tls": {**tls, "client_ca": str(cls.expired[0])}, **mtls}]}

    def enter(self, shown, which=0):
        return enter_tls(self.world.gateway.ports[which], self.files.certificate, "localhost", shown)

    def start(self, shown, which=0, fields=()):
        """StartSession in TLS inside TLS, by hand: Python nests no sockets."""
        with self.enter(shown, which) as outer:
            outer.sendall(connect_head(HOST, 443, *fields))
            self.assertEqual(read_answer(outer)[0].status, 200)
            inner = Nested(outer, trusting(self.world.bundle), HOST)
            inner.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
            return read_answer(inner)[0]

    def refused(self, shown, which=0):
        """The line of a handshake that was refused."""
        before = len(self.world.gateway.audit("connect"))
        with self.assertRaises((ssl.SSLError, ConnectionError, EOFError)):
            with self.enter(shown, which) as outer:
                outer.sendall(connect_head())
                read_answer(outer)
        wait_for(lambda: len(self.world.gateway.audit("connect")) > before, "the record")
        line = self.world.gateway.audit("connect")[-1]
        self.assertNotIn("user", line)
        self.assertEqual(line["auth"], "mtls")
        return line

    def test_a_certificate_names_the_user(self):
        answer = self.start(self.good)
        self.assertEqual(answer.status, 200, answer.body)
        line = self.decisions()[-1]
        self.assertEqual((line["user"], line["auth"]), ("spiffe://corp/alice", "mtls"))
        self.assert_relayed("StartSession")

    def test_without_other_names_the_last_common_name_counts(self):
        self.assertEqual(self.start(self.by_name).status, 200)
        self.assertEqual(self.decisions()[-1]["user"], "alice")

    def test_a_certificate_that_names_nobody(self):
        self.assert_unauthenticated(self.start(self.nameless), "names nobody")

    def test_certificates_that_are_refused(self):
        for shown, words in ((self.revoked, "has been revoked"), (self.expired, "has expired"),
                             (self.foreign, "comes from a CA that is not in `tls.client_ca`"),
                             (self.server_only, "is not for TLS clients"),
                             (None, "showed no certificate")):
            with self.subTest(words):
                line = self.refused(shown)
                self.assertIn(words, line["message"])
                self.assertEqual((line["decision"], line["code"]), ("deny", "unauthenticated"))

    def test_an_old_revocation_list_lets_nobody_in(self):
        self.assertIn("`tls.crl` has expired", self.refused(self.good, 1)["message"])

    def test_what_has_run_out_or_soon_will_is_said(self):
        current, old = self.folder / "people/crl.pem", self.folder / "people/old.pem"
        ended = (f"revocation list `{old}` has expired at 2020-01-02T00:00:00.000Z: no client",
                 f"client CA `{self.expired[0]}` has expired at 20")
        soon = (f"certificate `{self.files.leaf('localhost')}` expires at 20",
                f"revocation list `{current}` expires at 20")
        result = self.ssmgate("status", "--json")
        warnings = [line for line in json.loads(result.out)["warnings"] if "expire" in line]
        for words in (*ended, *soon):
            self.assertTrue(any(words in line and line.startswith("the listener 127.0.0.1:0: the ")
                                for line in warnings), (words, warnings))
        self.assertEqual(len(warnings), 4 + 3, warnings)  # four listeners have the certificate
        found = json.loads(self.ssmgate("doctor", "--json", "--only", "files").out)["findings"]
        ends = [(each["level"], each["text"]) for each in found if each["id"] == "files.expires"]
        for level, group in (("problem", ended), ("warning", soon[1:])):
            for words in group:
                self.assertTrue(any(each == level and words in text for each, text in ends),
                                (words, ends))

    def ssmgate(self, *words):
        return run([program(), *words, "--config", str(self.world.gateway.config_file)],
                   self.world.surroundings())

    def test_a_password_inside_the_outer_tls(self):
        field = "Proxy-Authorization: " + basic("alice", PASSWORD)
        self.assertEqual(self.start(None, 2, [field]).status, 200)
        line = self.decisions()[-1]
        self.assertEqual((line["user"], line["auth"]), ("alice", "basic"))
        self.mark()
        self.assert_unauthenticated(self.start(None, 2), "password")

    def curl(self, *arguments, shown=None, host=HOST):
        port = self.world.gateway.ports[0 if shown else 2]
        proof = ["--proxy-cert", shown[0], "--proxy-key", shown[1]] if shown else [
            "--proxy-user", f"alice:{PASSWORD}"]
        roots = self.world.bundle if host == HOST else self.files.certificate
        return run([need("curl", "curl"), "--silent", "--show-error", "--max-time", "30",
                    "--proxy", f"https://localhost:{port}", "--proxy-cacert",
                    self.files.certificate, "--cacert", roots, *map(str, proof), *arguments, f"https://{host}/"],
                   self.world.surroundings())

    def test_curl(self):
        for shown, user in ((self.good, "spiffe://corp/alice"), (None, "alice")):
            with self.subTest(user):
                result = self.curl(shown=shown, host=FILES)
                self.assertEqual(result.out, "a page behind the tunnel\n", result.err)
                self.connect_line(endpoint=FILES, user=user, decision="relay")
                self.mark()
                self.assertIn("target-header", self.curl(shown=shown).out)
                self.assertEqual(self.decisions()[-1]["user"], user)

    def test_a_large_body_through_both_layers(self):
        """Larger than a record and than every buffer on the way, both ways."""
        big = json.dumps({"Filters": [{"key": "k", "value": "v" * 300000}]}).encode()
        with self.enter(self.good) as outer:
            outer.sendall(connect_head())
            read_answer(outer)
            inner = Nested(outer, trusting(self.world.bundle), HOST)
            for _ in range(3):
                inner.sendall(signed(ALICE, "DescribeSessions", big))
                read_answer(inner)
        self.assert_relayed("DescribeSessions", 3)

    def test_a_plain_request_on_a_tls_port(self):
        for port in self.world.gateway.ports:
            with socket.create_connection(("127.0.0.1", port), 30) as stream:
                stream.sendall(connect_head())
                answer, rest = read_answer(stream)
                self.assertEqual(read_to_end(stream), b"")
            self.assertEqual((answer.status, rest), (400, b""))
            self.assertIn("use `https://` in the proxy URL", answer.json["message"])
            self.connect_line(listener=f"127.0.0.1:{port}", decision="malformed",
                              code="request-line")

    def test_old_tls_and_other_protocols(self):
        context = outer_context(self.files.certificate, self.good)
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            with socket.create_connection(("127.0.0.1", self.world.gateway.ports[2])) as stream:
                context.wrap_socket(stream, server_hostname="localhost")
        context = outer_context(self.files.certificate, self.good)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.world.gateway.ports[2])) as stream:
            with context.wrap_socket(stream, server_hostname="localhost") as outer:
                self.assertEqual(outer.selected_alpn_protocol(), "http/1.1")
                self.assertEqual(outer.version(), "TLSv1.3")

    def variables(self):
        """What `env` sets for such a gateway, with the password that a person puts in."""
        proxy = f"https://alice:{QUOTED}@localhost:{self.world.gateway.ports[2]}"
        both = self.world.folder / "both.pem"
        both.write_text(self.world.bundle.read_text() + self.files.certificate.read_text())
        return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "AWS_CA_BUNDLE": str(both),
                "SSL_CERT_FILE": str(both), "NODE_EXTRA_CA_CERTS": str(both)}

    def test_real_clients_in_tls_in_tls(self):
        arguments = {"Target": TARGET}
        for call in (lambda: start_session(self.world, **self.variables()),
                     lambda: boto3(self.world, "start_session", arguments, **self.variables()),
                     lambda: javascript(self.world, "start_session.mjs", "StartSession",
                                        json.dumps(arguments), **self.variables())):
            self.mark()
            result = call()
            self.assertEqual(result.status, 0, result.out + result.err)
            self.assert_relayed("StartSession")
            self.assertEqual(self.decisions()[-1]["user"], "alice")

    def test_env(self):
        """The exports for a TLS listener, and none of a password that a person has put in."""
        file = self.world.gateway.folder / "tls.yaml"
        config = json.loads(self.world.gateway.config_file.read_text())
        config["listen"] = [{**config["listen"][2],
                             "address": f"127.0.0.1:{self.world.gateway.ports[2]}"}]
        file.write_text(json.dumps(config))
        proxy = f"https://localhost:{self.world.gateway.ports[2]}"
        command = [program(), "env", "--config", str(file)]
        result = run(command, self.world.surroundings())
        self.assertIn(f"export HTTPS_PROXY='{proxy}'\n", result.out)
        self.assertIn("export SSL_CERT_FILE=", result.out)
        self.assertIn("asks for a name and a password", result.err)
        given = proxy.replace("//", "//alice:s3cr3t@")
        result = run(command, {**self.world.surroundings(), "HTTPS_PROXY": given})
        self.assertEqual(result.status, 0, result.err)
        self.assertNotIn("s3cr3t", result.out + result.err)
        self.assertNotIn("https_proxy", result.out.lower())


if __name__ == "__main__":
    unittest.main()
