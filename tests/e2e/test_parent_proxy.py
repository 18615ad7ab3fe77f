"""A gateway behind another proxy: plain, over TLS, with a password, with a certificate, and behind
another gateway; and every way in which a parent can fail."""

import json
import ssl
import tempfile
import time
import unittest
from pathlib import Path

from case import EndToEnd
from clients import ALICE, TARGET, start_session
from connect_proxy import ConnectProxy
from identities import ClientAuthority, basic
from raw import connect, exchange, read_to_end, signed
from servers import Server, SilentPort, free_port, greet_first, reset, speak_plain_text
from standin.tls import TestRoot
from waiting import wait_for
from world import Gateway

PROXY_NAME = "proxy.example.test"
GREETING = "greeting.example.test"


class Behind(EndToEnd):
    """One gateway, restarted with a parent of each kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.root = TestRoot(cls.folder / "proxy-root", "the proxy's root")
        cls.people = ClientAuthority(cls.folder)
        cls.greeting = Server(greet_first)
        cls.addClassCleanup(cls.greeting.stop)
        cls.original = json.loads(cls.world.gateway.config_file.read_text())

    def route(self, host, port):
        if host == GREETING:
            address, _, number = self.greeting.address.rpartition(":")
            return address, int(number)
        return self.world.stand_in.route(host, port)

    def parent(self, **options):
        proxy = ConnectProxy(self.route, **options)
        self.addCleanup(proxy.stop)
        return proxy

    def tls_context(self, name=PROXY_NAME, root=None):
        return (root or self.root).leaf_context(name)

    def restart(self, proxy, no_proxy=(), **upstream):
        """`resolve` finds the proxy alone: where a parent is asked, names are not looked up here."""
        gateway = self.world.gateway
        gateway.stop()
        config = json.loads(json.dumps(self.original))
        config["upstream"].update(proxy=proxy, no_proxy=list(no_proxy), **upstream)
        config["egress"] = {"deny_addresses": []}
        gateway.config_file.write_text(json.dumps(config))
        gateway.start()
        self.mark()

    def restart_tls(self, port, no_proxy=(), **proxy):
        self.restart({"url": f"https://{PROXY_NAME}:{port}",
                      "ca_file": str(self.root.certificate), **proxy}, no_proxy,
                     resolve={f"{PROXY_NAME}:{port}": f"127.0.0.1:{port}"})

    def start_session(self):
        return exchange(self.world, signed(ALICE, "StartSession", {"Target": TARGET}))

    def assert_works(self, proxy):
        """The API, a data channel and a tunnel to a server that speaks first go through `proxy`."""
        before = len(proxy.heads)
        self.assertEqual(self.start_session().status, 200)
        self.assert_relayed("StartSession")
        with connect(self.world.gateway.port, GREETING, 25) as stream:
            self.assertEqual(stream.recv(100), b"220 hello\r\n")
            stream.sendall(b"EHLO me\r\n")
            self.assertEqual(stream.recv(100), b"heard EHLO me\r\n")
        names = [head.split(b" ")[1] for head in proxy.heads[before:]]
        self.assertIn(b"ssm.us-east-1.amazonaws.com:443", names)
        self.assertIn(f"{GREETING}:25".encode(), names)

    def assert_trouble(self, code, *words, within=8):
        self.mark()
        begun = time.monotonic()
        answer = self.start_session()
        self.assertLess(time.monotonic() - begun, within)
        self.assertEqual((answer.status, answer.json["__type"]), (400, "SsmgateUpstreamError"))
        for word in (code, "the proxy `http", *words):
            self.assertIn(word, answer.json["message"])
        self.assert_nothing_reached()
        result = self.world.gateway.result_of(self.decisions("StartSession")[0])[0]
        self.assertEqual((result["decision"], result["code"]), ("error", code))


class Works(Behind):
    def test_plain(self):
        proxy = self.parent()
        self.restart({"url": f"http://127.0.0.1:{proxy.port}"})
        self.assert_works(proxy)
        self.assertNotIn(b"Proxy-Authorization", b"".join(proxy.heads))

    def test_tls_inside_tls(self):
        proxy = self.parent(context=self.tls_context())
        self.restart_tls(proxy.port)
        self.assert_works(proxy)

    def test_client_certificate(self):
        certificate, key = self.people.issue("me", "email:me@example.test")
        context = self.tls_context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.people.certificate)
        proxy = self.parent(context=context)
        self.restart_tls(proxy.port, certificate=str(certificate), key=str(key))
        self.assert_works(proxy)

    def test_password_in_the_url(self):
        proxy = self.parent(credentials=basic("al@ice", "p:w/d"))
        self.restart({"url": f"http://al%40ice:p%3Aw%2Fd@127.0.0.1:{proxy.port}"})
        self.assert_works(proxy)

    def test_password_in_a_file(self):
        proxy = self.parent(credentials=basic("alice", "s3cr3t"))
        file = self.folder / "password"
        file.write_text("s3cr3t\n")
        file.chmod(0o600)
        self.restart({"url": f"http://127.0.0.1:{proxy.port}", "username": "alice",
                      "password_file": str(file)})
        self.assert_works(proxy)
        proxy.credentials = basic("alice", "another")
        self.world.gateway.stop()
        self.world.gateway.start()
        self.assert_trouble("upstream-refused", "407")
        written = self.world.gateway.log.text + self.world.gateway.audit_file.read_text()
        self.assertNotIn("s3cr3t", written)

    def test_a_real_client(self):
        proxy = self.parent()
        self.restart({"url": f"http://127.0.0.1:{proxy.port}"})
        result = start_session(self.world)
        self.assertEqual(result.status, 0, result.err)
        names = {head.split(b" ")[1] for head in proxy.heads}
        self.assertIn(b"ssm.us-east-1.amazonaws.com:443", names)

    def test_no_proxy_goes_past_it(self):
        proxy = self.parent()
        self.restart({"url": f"http://127.0.0.1:{proxy.port}"}, [".us-east-1.amazonaws.com"])
        self.assertEqual(self.start_session().status, 200)
        self.assertEqual(proxy.heads, [])

    def test_names_of_the_machine_itself_are_not_asked_of_it(self):
        proxy = self.parent()
        self.restart({"url": f"http://127.0.0.1:{proxy.port}"})
        for host in ("localhost", "instance-data"):
            with connect(self.world.gateway.port, host, 443) as stream:
                stream.sendall(b"x")
                self.assertEqual(read_to_end(stream), b"")
        self.assertEqual(proxy.heads, [])

        def lines():
            return [line.get("code") for line in self.world.gateway.audit("connect")
                    if line["endpoint"] in ("localhost", "instance-data")]
        wait_for(lambda: len(lines()) == 2, "the lines")
        self.assertEqual(lines(), ["egress", "egress"])


class Fails(Behind):
    def plain(self, **options):
        proxy = self.parent(**options)
        self.restart({"url": f"http://127.0.0.1:{proxy.port}"}, connect_timeout="1s")
        return proxy

    def test_nobody_listens(self):
        self.restart({"url": f"http://127.0.0.1:{free_port()}"})
        self.assert_trouble("upstream-refused", "refused")

    def test_black_hole(self):
        hole = SilentPort()
        self.addCleanup(hole.stop)
        self.restart({"url": f"http://{hole.address}"}, connect_timeout="1s")
        self.assert_trouble("upstream-timeout", within=5)

    def test_no_such_name(self):
        self.restart({"url": "http://nowhere.invalid:3128"}, connect_timeout="2s")
        self.assert_trouble("upstream-name", "nowhere.invalid")

    def test_statuses(self):
        proxy = self.plain()
        for status, code, words in ((407, "upstream-refused", "upstream.proxy"),
                                    (403, "upstream-refused", "403"),
                                    (502, "upstream-refused", "cannot reach"),
                                    (503, "upstream-refused", "cannot reach"),
                                    (504, "upstream-timeout", "504"),
                                    (302, "upstream-refused", "302")):
            with self.subTest(status):
                proxy.answer = lambda client, status=status: client.sendall(
                    b"HTTP/1.1 %d Odd\r\nContent-Length: 0\r\n\r\n" % status)
                self.assert_trouble(code, words)
        proxy.answer = None
        self.assertEqual(self.start_session().status, 200)

    def test_answers_that_are_none(self):
        proxy = self.plain()
        for answer in (b"SSH-2.0-x\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "
                       + b"x" * 20000):
            with self.subTest(answer[:20]):
                proxy.answer = lambda client, answer=answer: client.sendall(answer)
                self.assert_trouble("upstream-protocol")

    def test_silence_and_ends(self):
        proxy = self.plain()
        proxy.answer = lambda client: time.sleep(3)
        self.assert_trouble("upstream-timeout", "in time", within=5)
        proxy.answer = lambda client: None
        self.assert_trouble("upstream-closed")
        proxy.answer = reset
        self.assert_trouble("upstream-closed")

    def test_tls_trouble(self):
        stranger = TestRoot(self.folder / "stranger", "a root that nobody trusts")
        for context, words in ((self.tls_context(root=stranger), "unknown CA"),
                               (self.tls_context("else.example.test"), "else.example.test")):
            proxy = self.parent(context=context)
            self.restart_tls(proxy.port)
            self.assert_trouble("upstream-certificate", words)

    def test_no_tls_where_it_belongs(self):
        server = Server(speak_plain_text)
        self.addCleanup(server.stop)
        self.restart_tls(int(server.address.rpartition(":")[2]))
        self.assert_trouble("upstream-protocol", "TLS")

    def test_tunnels_are_hung_up_on_and_recorded(self):
        proxy = self.plain()
        proxy.answer = lambda client: client.sendall(b"HTTP/1.1 403 No\r\n\r\n")
        with connect(self.world.gateway.port, GREETING, 25) as stream:
            self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: [each for each in self.world.gateway.audit("connect")
                                 if each.get("endpoint") == GREETING], "the line")[-1]
        self.assertEqual((line["decision"], line["code"]), ("error", "upstream-refused"))
        self.assertIn("the proxy `http://127.0.0.1", line["message"])


class Chained(Behind):
    """This workstation's gateway behind the team's, over mutual TLS: the team's policy judges, too,
    and knows the user by the workstation's certificate."""

    POLICY = """\
version: 1
allow:
  - {id: mine, users: ["me@example.test"], documents: [SSM-SessionManagerRunShell]}
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        certificate, key = cls.people.issue("me", "email:me@example.test")
        cls.root.leaf(PROXY_NAME)
        listener = {"address": "127.0.0.1:0", "auth": "mtls",
                    "tls": {"certificate": str(cls.root.leaf(PROXY_NAME)),
                            "key": str(cls.root.folder / "leaf.key"),
                            "client_ca": str(cls.people.certificate)}}
        cls.team = Gateway(cls.folder / "team", cls.world.stand_in, cls.world.surroundings(),
                           cls.POLICY, listen=[listener], egress={"deny_addresses": []},
                           upstream={"resolve": {f"{GREETING}:25": cls.greeting.address}})
        cls.addClassCleanup(cls.team.stop)
        gateway = cls.world.gateway
        gateway.stop()
        config = json.loads(json.dumps(cls.original))
        # Whom the workstation believes to be AWS is the team's gateway.
        config["upstream"] = {
            "ca_file": str(cls.team.ca),
            "resolve": {f"{PROXY_NAME}:{cls.team.port}": f"127.0.0.1:{cls.team.port}"},
            "proxy": {"url": f"https://{PROXY_NAME}:{cls.team.port}",
                      "ca_file": str(cls.root.certificate), "certificate": str(certificate),
                      "key": str(key)}}
        gateway.config_file.write_text(json.dumps(config))
        gateway.start()

    def test_a_session_through_both(self):
        self.assertEqual(self.start_session().status, 200)
        self.assert_relayed("StartSession")
        theirs = [line for line in self.team.audit("decision")
                  if line.get("operation") == "StartSession"][-1]
        self.assertEqual((theirs["user"], theirs["rule"]), ("me@example.test", "mine"))

    def test_the_teams_refusal_reaches_the_client(self):
        body = {"Target": TARGET, "DocumentName": "AWS-StartPortForwardingSession",
                "Parameters": {"portNumber": ["22"]}}
        answer = exchange(self.world, signed(ALICE, "StartSession", body))
        self.assertEqual((answer.status, answer.json["__type"]), (400, "AccessDeniedException"))
        self.assertEqual(self.decisions("StartSession")[0]["decision"], "allow")
        self.assert_nothing_reached()

    def test_a_tunnel_through_both(self):
        with connect(self.world.gateway.port, GREETING, 25) as stream:
            self.assertEqual(stream.recv(100), b"220 hello\r\n")
            stream.sendall(b"EHLO me\r\n")
            self.assertEqual(stream.recv(100), b"heard EHLO me\r\n")


if __name__ == "__main__":
    unittest.main()
