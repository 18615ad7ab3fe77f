"""Who calls, by password, certificate and socket; and what each is told who may not."""

import json
import os
import pwd
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from case import EndToEnd
from clients import ALICE, TARGET, boto3, curl, javascript, need, run, start_session
from identities import (OTHER_PASSWORD, PASSWORD, ClientAuthority, basic, crypt_hash,
                        write_users)
from raw import HOST, read_answer, read_to_end, signed, trusting
from servers import Server, answer_page
from standin.tls import TestRoot
from waiting import wait_for
from world import program

FILES = "files.example.test"
CHANNEL = "ssmmessages.us-east-1.amazonaws.com"
QUOTED = "correct%20horse%3A%20battery"

# Sorts callers by what the policy alone can see of them.
USERS_POLICY = """\
version: 1
groups:
  team: [alice, spiffe://corp/alice]
allow:
  - {id: by-name, users: ["@team"], documents: [SSM-SessionManagerRunShell]}
  - {id: by-unix, users: ["unix:root"], documents: [SSM-SessionManagerRunShell]}
  - {id: by-group, users: ["unix:%nogroup"], documents: [SSM-SessionManagerRunShell]}
"""


def connect_head(host=HOST, port=443, *fields):
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def ask(port, head, source=None):
    """The whole answer to a CONNECT that is refused, or the head of one that is not."""
    stream = socket.create_connection(("127.0.0.1", port), 30, source)
    with stream:
        stream.sendall(head)
        return read_answer(stream)[0]


def in_tls(world, stream, name=HOST):
    return trusting(world.bundle).wrap_socket(stream, server_hostname=name)


class Folder(EndToEnd):
    """A folder for what must be there before the gateway is."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.files = TestRoot(cls.folder / "files", "another root")
        cls.page = Server(answer_page, cls.files.leaf_context(FILES))
        cls.addClassCleanup(cls.page.stop)
        cls.changes = {"upstream": {"resolve": {f"{FILES}:443": cls.page.address}},
                       "egress": {"deny_addresses": []}, **cls.prepare()}
        super().setUpClass()

    def exchange(self, port, fields=(), source=None, host=HOST):
        """A signed StartSession on a connection of its own: the HTTP answer."""
        stream = socket.create_connection(("127.0.0.1", port), 30, source)
        with stream:
            stream.sendall(connect_head(host, 443, *fields))
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest), (200, b""), answer.body)
            with in_tls(self.world, stream) as secure:
                secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
                return read_answer(secure)[0]

    def assert_unauthenticated(self, answer, words, code="unauthenticated"):
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json["__type"], "AccessDeniedException")
        self.assertIn(code, answer.json["message"])
        self.assertIn(words, answer.json["message"])
        line = self.assert_refused(code)
        self.assertNotIn("user", line)
        return line

    def written(self):
        """All that the gateway has said anywhere."""
        gateway = self.world.gateway
        return gateway.audit_file.read_text() + gateway.log.text + gateway.output.text


class Passwords(Folder):
    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        users = write_users(cls.folder / "users", "# the team",
                            f"alice:{crypt_hash(PASSWORD)}",
                            f"bob:{crypt_hash(OTHER_PASSWORD, '$2b$', 5)}",
                            f"slow:{crypt_hash(PASSWORD, '$6$', 400000)}")
        return {"listen": [{"address": "127.0.0.1:0", "auth": "basic"}], "users_file": users}

    def proxy(self, name="alice", password=QUOTED):
        return f"http://{name}:{password}@127.0.0.1:{self.world.gateway.port}"

    def variables(self, *of):
        return {"HTTPS_PROXY": self.proxy(*of), "https_proxy": self.proxy(*of)}

    def test_aws_cli(self):
        result = start_session(self.world, **self.variables())
        self.assertEqual(result.status, 0, result.err)
        record = self.assert_relayed("StartSession")
        self.assertNotIn(b"roxy-", record["head"])
        line = self.decisions()[-1]
        self.assertEqual((line["user"], line["auth"], line["rule"]), ("alice", "basic", "by-name"))

    def test_aws_cli_without_and_with_a_wrong_password(self):
        for variables in ({}, self.variables("alice", "wrong"), self.variables("bob", QUOTED),
                          self.variables("nobody", QUOTED)):
            with self.subTest(**variables):
                self.mark()
                result = start_session(self.world, **variables)
                self.assert_cli_error(result, "AccessDeniedException", "unauthenticated",
                                      "password")
                self.assertNotIn("user", self.assert_refused("unauthenticated"))

    def test_the_policy_knows_one_user_from_another(self):
        result = start_session(self.world, **self.variables("bob", OTHER_PASSWORD))
        self.assert_cli_error(result, "AccessDeniedException", "not allowed by any rule")
        line = self.assert_refused("no-rule")
        self.assertEqual(line["user"], "bob")
        self.assertNotIn("nearest", line)  # a rule of others is not named

    def test_boto3(self):
        result = boto3(self.world, "start_session", {"Target": TARGET}, **self.variables())
        self.assertEqual(result.status, 0, result.err)
        self.assert_relayed("StartSession")
        self.mark()
        boto3(self.world, "start_session", {"Target": TARGET})
        self.assert_refused("unauthenticated")

    def test_javascript(self):
        given = json.dumps({"Target": TARGET})
        good = javascript(self.world, "start_session.mjs", "StartSession", given,
                          **self.variables())
        self.assertEqual(good.status, 0, good.out + good.err)
        self.assert_relayed("StartSession")
        self.mark()
        bad = javascript(self.world, "start_session.mjs", "StartSession", given,
                         **self.variables("alice", "wrong"))
        self.assert_refused("unauthenticated")
        self.assertEqual((bad.json["error"], bad.json["attempts"]), ("AccessDeniedException", 1))

    def test_curl(self):
        good = curl(self.world, "--proxy", self.proxy(), f"https://{FILES}/",
                    roots=self.files.certificate)
        self.assertEqual((good.status, good.out), (0, "a page behind the tunnel\n"), good.err)
        line = self.world.gateway.audit("connect")[-1]
        self.assertEqual((line["user"], line["auth"]), ("alice", "basic"))
        bad = curl(self.world, "--proxy", self.proxy("alice", "wrong"), f"https://{FILES}/")
        self.assertIn("407", bad.err)

    def test_curl_that_waits_to_be_asked(self):
        """A client that sends its password only after a 407 gets on where it is asked for one."""
        result = curl(self.world, "--proxy-anyauth", "--proxy", self.proxy(), f"https://{FILES}/",
                      roots=self.files.certificate)
        self.assertEqual(result.out, "a page behind the tunnel\n", result.err)

    def test_other_hosts_are_refused_before_the_200(self):
        before = self.page.accepted
        for host in (FILES, CHANNEL):
            answer = ask(self.world.gateway.port, connect_head(host))
            self.assertEqual(answer.status, 407)
            self.assertTrue(answer.header("Proxy-Authenticate").startswith("Basic realm="))
            self.assertIn("unauthenticated", answer.json["message"])
            line = self.world.gateway.audit("connect")[-1]
            self.assertEqual((line["code"], line["endpoint"]), ("unauthenticated", host))
        self.assertEqual(self.page.accepted, before)

    def test_fields_that_cannot_be_read(self):
        good = basic("alice", PASSWORD)
        for value in ("", "Basic", "Basic ", "Bearer x", "Basic !!!!", good + "=", good[:-1],
                      good + " " + good, basic("", PASSWORD), basic("alice", ""),
                      basic("alice", PASSWORD + "\0"), basic("alice\0", PASSWORD),
                      basic("alice", PASSWORD + "\0x"), basic("al\nice", PASSWORD),
                      basic("a" * 257, "x"), basic("alice", "x" * 512), basic("ALICE", PASSWORD)):
            with self.subTest(value=value[:60]):
                self.mark()
                answer = self.exchange(self.world.gateway.port, [f"Proxy-Authorization: {value}"])
                self.assert_unauthenticated(answer, "")

    def test_two_fields_and_giant_ones(self):
        field = "Proxy-Authorization: " + basic("alice", PASSWORD)
        answer = ask(self.world.gateway.port, connect_head(HOST, 443, field, field))
        self.assertEqual((answer.status, "two" in answer.json["message"]), (400, True))
        giant = "Proxy-Authorization: Basic " + "QUFB" * 20000
        answer = ask(self.world.gateway.port, connect_head(HOST, 443, giant))
        self.assertEqual(answer.status, 431)
        self.assert_nothing_reached()

    def test_scheme_in_any_case(self):
        value = basic("alice", PASSWORD).replace("Basic", "bASIC ")
        answer = self.exchange(self.world.gateway.port, [f"Proxy-Authorization: {value}"])
        self.assertEqual(answer.status, 200)

    def test_nothing_of_a_password_is_written(self):
        field = "Proxy-Authorization: "
        for password in (PASSWORD, "s3cr3t-and-wrong"):
            self.exchange(self.world.gateway.port, [field + basic("alice", password)])
        start_session(self.world, **self.variables("alice", "s3cr3t-and-wrong"))
        text = self.written()
        for secret in (PASSWORD, "s3cr3t", "battery", basic("alice", PASSWORD)[6:]):
            self.assertNotIn(secret, text)

    def cpu(self):
        fields = Path(f"/proc/{self.world.gateway.process.pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def test_many_commands_cost_one_hash(self):
        field = ["Proxy-Authorization: " + basic("slow", PASSWORD)]
        start = self.cpu()
        self.exchange(self.world.gateway.port, field)
        one = self.cpu() - start
        for _ in range(20):
            self.exchange(self.world.gateway.port, field)
        self.assertLess(self.cpu() - start, 8 * one)

    def test_many_at_once_cost_one_hash(self):
        password = "never tried before"
        start = self.cpu()
        self.exchange(self.world.gateway.port,
                      ["Proxy-Authorization: " + basic("slow", password)])
        one = self.cpu() - start
        field = ["Proxy-Authorization: " + basic("slow", password + "!")]
        threads = [threading.Thread(target=self.exchange,
                                    args=(self.world.gateway.port, field)) for _ in range(30)]
        start = self.cpu()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLess(self.cpu() - start, 10 * one)


class Flood(Folder):
    """Wrong passwords without end, from one address; a normal user from another."""

    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        users = write_users(cls.folder / "users", f"alice:{crypt_hash(PASSWORD)}",
                            f"slow:{crypt_hash(PASSWORD, '$6$', 200000)}")
        return {"listen": [{"address": "127.0.0.1:0", "auth": "basic"}], "users_file": users}

    def test_a_normal_user_goes_on(self):
        port, over = self.world.gateway.port, threading.Event()
        answers = []

        def flood(number):
            count = 0
            while not over.is_set():
                count += 1
                field = "Proxy-Authorization: " + basic("slow", f"{number} {count}")
                answers.append(ask(port, connect_head(FILES, 443, field), ("127.0.0.2", 0)).status)

        threads = [threading.Thread(target=flood, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: 403 in answers, "the flood to be told off")
            begun = time.monotonic()
            answer = self.exchange(port, ["Proxy-Authorization: " + basic("alice", PASSWORD)])
            took = time.monotonic() - begun
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(answer.status, 200)
        self.assertLess(took, 5)
        self.assertEqual(set(answers), {403, 407})
        codes = {line["code"] for line in self.world.gateway.audit("connect")}
        self.assertEqual(codes, {"over-limit", "unauthenticated"})


class PerUser(Folder):
    """`connections_per_client` counts for a user, wherever the connections come from."""

    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        users = write_users(cls.folder / "users", f"alice:{crypt_hash(PASSWORD)}",
                            f"bob:{crypt_hash(OTHER_PASSWORD)}")
        return {"listen": [{"address": "127.0.0.1:0", "auth": "basic"}], "users_file": users,
                "limits": {"connections_per_client": 2}}

    def open(self, name, password, source):
        stream = socket.create_connection(("127.0.0.1", self.world.gateway.port), 30, (source, 0))
        self.addCleanup(stream.close)
        stream.sendall(connect_head(FILES, 443, f"Proxy-Authorization: {basic(name, password)}"))
        return read_answer(stream)[0].status

    def test_the_third_connection_of_a_user(self):
        alice = ("alice", PASSWORD)
        self.assertEqual([self.open(*alice, f"127.0.0.{n}") for n in (2, 3, 4)], [200, 200, 403])
        self.assertEqual(self.world.gateway.audit("connect")[-1]["code"], "over-limit")
        # The address that alice has left is free for another, and for more than two connections.
        self.assertEqual([self.open("bob", OTHER_PASSWORD, "127.0.0.2") for _ in range(2)],
                         [200, 200])


class LocalUsers(Folder):
    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        return {"listen": [{"address": "127.0.0.1:0", "auth": "local-user"},
                           {"address": "[::1]:0", "auth": "local-user"}]}

    def start_as(self, number, port, host="127.0.0.1"):
        """StartSession by curl as another user, who can read none of our files."""
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        head, _, body = request.partition(b"\r\n\r\n")
        command = [need("curl", "curl"), "--silent", "--insecure", "--max-time", "30",
                   "--proxy", f"http://{host}:{port}", "--data-binary", body.decode()]
        for line in head.decode().split("\r\n")[1:]:
            if line.partition(":")[0] not in ("Host", "Content-Length"):
                command += ["--header", line]
        done = subprocess.run([*command, f"https://{HOST}/"], user=number, group=number,
                              extra_groups=[], capture_output=True, cwd="/", check=False,
                              env={"PATH": os.environ["PATH"]})
        return json.loads(done.stdout)

    def test_our_own_user(self):
        answer = self.exchange(self.world.gateway.port)
        line = self.decisions()[-1]
        user = pwd.getpwuid(os.getuid()).pw_name
        self.assertEqual((line["user"], line["auth"]), (f"unix:{user}", "local-user"))
        if os.getuid() == 0:
            self.assertEqual((answer.status, line["rule"]), (200, "by-unix"))

    def test_over_ipv6_and_a_mapped_address(self):
        for family, address, which in ((socket.AF_INET6, "::1", 1),
                                       (socket.AF_INET6, "::ffff:127.0.0.1", 0)):
            with self.subTest(address), socket.socket(family) as stream:
                stream.settimeout(30)
                stream.connect((address, self.world.gateway.ports[which]))
                stream.sendall(connect_head())
                self.assertEqual(read_answer(stream)[0].status, 200)
                with in_tls(self.world, stream) as secure:
                    secure.sendall(signed(ALICE, "DescribeSessions", {"State": "Active"}))
                    read_answer(secure)
            line = self.decisions()[-1]
            self.assertEqual(line["user"], f"unix:{pwd.getpwuid(os.getuid()).pw_name}")

    def test_a_client_that_is_gone(self):
        """A closed socket has no user: it must not be taken for root's."""
        before = len(self.world.gateway.audit("connect"))
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", self.world.gateway.port), 30) as stream:
                stream.sendall(connect_head(FILES))
        def recorded():
            return len(self.world.gateway.audit("connect")) >= before + 50
        wait_for(recorded, "the records")
        for line in self.world.gateway.audit("connect")[before:]:
            self.assertIn((line.get("code"), "user" in line),
                          {("unauthenticated", False), (None, True), ("upstream-refused", True)})

    @unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
    def test_another_user(self):
        for port, host in zip(self.world.gateway.ports, ("127.0.0.1", "[::1]")):
            with self.subTest(host):
                self.mark()
                answer = self.start_as(65534, port, host)
                self.assertIn("SessionId", answer)
                line = self.decisions()[-1]
                self.assertEqual((line["user"], line["rule"]), ("unix:nobody", "by-group"))

    @unittest.skipUnless(os.getuid() == 0, "needs root to be somebody else")
    def test_a_number_without_a_user(self):
        answer = self.start_as(54321, self.world.gateway.port)
        self.assertIn("no user of id 54321", answer["message"])
        self.assert_refused("unauthenticated")


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
             "tls": {name: tls[name] for name in ("certificate", "key")}}]}

    def context(self, shown=None):
        context = ssl.create_default_context(cafile=str(self.files.certificate))
        if shown:
            context.load_cert_chain(*map(str, shown))
        return context

    def enter(self, shown, which=0):
        """The outer TLS; in TLS 1.3 it is only the first read that says whether we are in."""
        stream = socket.create_connection(("127.0.0.1", self.world.gateway.ports[which]), 30)
        return self.context(shown).wrap_socket(stream, server_hostname="localhost")

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
                self.assertEqual(self.world.gateway.audit("connect")[-1]["user"], user)
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
            line = self.world.gateway.audit("connect")[-1]
            self.assertEqual((line["decision"], line["code"]), ("malformed", "request-line"))

    def test_old_tls_and_other_protocols(self):
        context = self.context(self.good)
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            with socket.create_connection(("127.0.0.1", self.world.gateway.ports[2])) as stream:
                context.wrap_socket(stream, server_hostname="localhost")
        context = self.context(self.good)
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


class Activation(Folder):
    """Sockets that systemd opened; here this test is systemd."""

    @classmethod
    def prepare(cls):
        return {}

    def start(self, listeners, *listening):
        """A gateway with `listeners` that finds the sockets `listening`, in this order."""
        file = self.world.gateway.folder / "activated.yaml"
        config = json.loads(self.world.gateway.config_file.read_text())
        config["listen"] = [each if isinstance(each, dict) else {"address": each}
                            for each in listeners]
        file.write_text(json.dumps(config))
        # The shell's own number is the one that LISTEN_PID must name.
        moves = " ".join(f"{number}<&{each.fileno()}" for number, each in enumerate(listening, 3))
        script = (f"export LISTEN_PID=$$ LISTEN_FDS={len(listening)}; "
                  f"exec {program()} serve --config {file} {moves}")
        process = subprocess.Popen(["/bin/bash", "-c", script], stderr=subprocess.PIPE, text=True,
                                   env=self.world.surroundings(), stdin=subprocess.DEVNULL,
                                   pass_fds=[each.fileno() for each in listening])
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_socket_is_taken_by_its_address(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            process = self.start(["127.0.0.1:0", f"127.0.0.1:{port}"], held)
            with socket.create_connection(("127.0.0.1", port), 30) as stream:
                stream.sendall(connect_head(FILES))
                self.assertEqual(read_answer(stream)[0].status, 200)
            self.assertIsNone(process.poll())

    def test_a_socket_that_no_listener_has(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            process = self.start(["127.0.0.1:0"], held)
            error = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 2)
        self.assertIn("that no listener has", error)

    def test_an_ipv6_socket_that_takes_ipv4_as_well(self):
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as held:
            config = {"address": f"[::]:{held.getsockname()[1]}", "insecure": True,
                      "clients": ["::1"]}
            process = self.start([config], held)
            self.assertIn("takes IPv4 as well", process.communicate(timeout=30)[1])

    def test_what_is_no_listening_socket(self):
        with socket.socket() as idle:
            process = self.start(["127.0.0.1:0"], idle)
            self.assertIn("is no listening TCP socket", process.communicate(timeout=30)[1])


class Nested:
    """TLS over another TLS socket."""

    def __init__(self, outer, context, name):
        self._outer = outer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._do(self._tls.do_handshake)

    def _do(self, action, *arguments):
        while True:
            try:
                result = action(*arguments)
                self._outer.sendall(self._out.read())
                return result
            except ssl.SSLWantReadError:
                self._outer.sendall(self._out.read())
                data = self._outer.recv(65536)
                if not data:
                    raise EOFError("the outer stream ended") from None
                self._in.write(data)

    def sendall(self, data):
        self._do(self._tls.write, data)

    def recv(self, size):
        return self._do(self._tls.read, size)


if __name__ == "__main__":
    unittest.main()
