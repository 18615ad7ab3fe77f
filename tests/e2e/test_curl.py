"""curl and bare sockets through the gateway: tunnels, and requests that no SDK would make."""

import hashlib
import json
import socket
import tempfile
import unittest

from case import EndToEnd
from clients import ALICE, curl
from raw import HOST, connect, signed
from servers import Server, answer_page, digest_after_end, greet_first
from standin.tls import TestRoot
from waiting import wait_for
from world import World

FILES = "files.example.test"


class Tunnels(unittest.TestCase):
    """Names that are not SSM's: bytes pass as they are, to the server's own certificate."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = TestRoot(folder.name, "another root")
        cls.servers = {
            f"{FILES}:443": Server(answer_page, cls.root.leaf_context(FILES)),
            "digest.example.test:7000": Server(digest_after_end),
            "greeting.example.test:25": Server(greet_first)}
        for server in cls.servers.values():
            cls.addClassCleanup(server.stop)
        resolve = {name: server.address for name, server in cls.servers.items()}
        cls.world = World(upstream={"resolve": resolve}, egress={"deny_addresses": []})
        cls.addClassCleanup(cls.world.close)

    def test_page_with_the_servers_own_certificate(self):
        result = curl(self.world, f"https://{FILES}/", roots=self.root.certificate)
        self.assertEqual((result.status, result.out), (0, "a page behind the tunnel\n"),
                         result.err)

    def test_half_close_passes_both_ways(self):
        sent = bytes(range(256)) * 4096
        with connect(self.world.gateway.port, "digest.example.test", 7000) as stream:
            stream.sendall(sent)
            stream.shutdown(socket.SHUT_WR)
            got = b""
            while data := stream.recv(4096):
                got += data
        self.assertEqual(got.decode(), hashlib.sha256(sent).hexdigest())

    def test_an_end_before_the_first_byte_is_passed_on(self):
        server = self.servers["digest.example.test:7000"]
        for opened_first in (False, True):
            before = server.accepted
            with connect(self.world.gateway.port, "digest.example.test", 7000) as stream:
                if opened_first:
                    wait_for(lambda: server.accepted > before, "the tunnel")
                stream.shutdown(socket.SHUT_WR)
                got = b""
                while data := stream.recv(4096):
                    got += data
            self.assertEqual(got.decode(), hashlib.sha256(b"").hexdigest())

    def test_a_client_that_leaves_in_silence_ends_its_tunnel(self):
        server, ended = self.servers["digest.example.test:7000"], self.results()
        before = server.accepted
        with connect(self.world.gateway.port, "digest.example.test", 7000):
            wait_for(lambda: server.accepted > before, "the tunnel")
        wait_for(lambda: self.results() > ended, "the closing record")
        line = self.world.gateway.audit("result")[-1]
        self.assertEqual((line["bytes_up"], line["closed_by"]), (0, "client"))

    def results(self):
        return len(self.world.gateway.audit("result"))

    def test_no_tunnel_leads_back_to_the_gateway(self):
        port = self.world.gateway.port
        with connect(port, "localhost", port) as stream:
            self.assertEqual(stream.recv(100), b"")
        line = wait_for(lambda: [each for each in self.world.gateway.audit("connect")
                                 if each["decision"] == "deny"], "the audit line")[-1]
        self.assertEqual((line["code"], line["endpoint"]), ("egress", "localhost"))

    def test_server_that_speaks_first(self):
        with connect(self.world.gateway.port, "greeting.example.test", 25) as stream:
            self.assertEqual(stream.recv(100), b"220 hello\r\n")
            stream.sendall(b"EHLO me\r\n")
            self.assertEqual(stream.recv(100), b"heard EHLO me\r\n")


class RefusedTunnels(EndToEnd):
    def test_loopback_is_out_of_reach(self):
        server = Server(answer_page)
        self.addCleanup(server.stop)
        curl(self.world, "--proxytunnel", f"http://{server.address}/")
        self.assertEqual(server.accepted, 0)
        line = wait_for(lambda: self.world.gateway.audit("connect"), "the audit line")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))

    def test_another_port_of_an_ssm_name(self):
        result = curl(self.world, "--fail", f"https://{HOST}:8443/")
        self.assertNotEqual(result.status, 0)
        self.assert_nothing_reached()
        self.assertEqual(self.world.stand_in.records("bad-request"), [])


class DeniedAddress(unittest.TestCase):
    """An address in `egress.deny` holds for what a name was looked up as, too."""

    def test_a_name_for_a_denied_address(self):
        with World(upstream={"resolve": {"inner.example.test:443": "127.0.0.1:9"}},
                   egress={"deny": ["127.0.0.0/8:443"], "deny_addresses": []}) as world:
            with connect(world.gateway.port, "inner.example.test") as stream:
                self.assertEqual(stream.recv(100), b"")
            line = wait_for(lambda: world.gateway.audit("connect"), "the audit line")[-1]
            self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))


class HandMade(EndToEnd):
    """Each is signed where a signature could be, so that only the fault in question counts."""

    def post(self, *arguments, body='{"Target": "i-0123456789abcdef0"}', drop=(), url="/"):
        """curl with the headers of a signed StartSession, but for those named in `drop`."""
        request = signed(ALICE, "StartSession", body.encode())
        file = self.world.folder / "body.json"
        file.write_text(body)
        command = ["--write-out", "\n%{http_code}", "--data-binary", f"@{file}"]
        for line in request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
            name = line.partition(":")[0]
            if name.lower() not in ("host", "content-length", *drop):
                command += ["--header", line]
        result = curl(self.world, *command, *arguments, f"https://{HOST}{url}")
        self.assertEqual(result.status, 0, result.err)
        answer, _, status = result.out.rpartition("\n")
        return int(status), json.loads(answer)

    def assert_malformed(self, got, code):
        status, answer = got
        self.assertEqual((status, answer["__type"]), (400, "ValidationException"))
        self.assertEqual(answer["message"], answer["Message"])
        self.assertIn(code, answer["message"])
        self.assert_nothing_reached()

    def test_sound_request_is_relayed(self):
        status, answer = self.post()
        self.assertEqual(status, 200)
        self.assertIn("SessionId", answer)
        self.assert_relayed("StartSession")

    def test_method_path_and_query(self):
        for arguments, url in ((("--request", "PUT"), "/"), ((), "/x"), ((), "/?Action=x"),
                               ((), "//")):
            with self.subTest(arguments=arguments, url=url):
                self.assert_malformed(self.post("--path-as-is", *arguments, url=url),
                                      "request-line")

    def test_target_header(self):
        plain = ("content-type", "x-amz-target")
        kind = ("--header", "Content-Type: application/x-amz-json-1.1")
        for target in ("amazonssm.StartSession", "AmazonSSM.startSession.x", "StartSession",
                       "AmazonSSM_20141106.StartSession"):
            with self.subTest(target):
                got = self.post(*kind, "--header", f"X-Amz-Target: {target}", drop=plain)
                self.assert_malformed(got, "target-header")
        self.assert_malformed(self.post(*kind, drop=plain), "target-header")
        self.assert_malformed(self.post("--header", "X-Amz-Target: AmazonSSM.SendCommand"),
                              "target-header")

    def test_content_type_and_encoding(self):
        for value in ("application/x-amz-json-1.0", "application/json",
                      "application/x-amz-json-1.1; charset=utf-8"):
            with self.subTest(value):
                got = self.post("--header", f"Content-Type: {value}", drop=("content-type",))
                self.assert_malformed(got, "content-type")
        self.assert_malformed(self.post("--header", "Content-Encoding: gzip"),
                              "content-encoding")

    def test_bodies(self):
        cases = {
            "json": '{"Target": "i-0123456789abcdef0"} {}',
            "duplicate-key": '{"Target": "i-0123456789abcdef0", "T\\u0061rget": "i-1"}',
            "unknown-member": '{"target": "i-0123456789abcdef0"}',
            "member-type": '{"Target": null}',
            "too-large": json.dumps({"Target": "i-0123456789abcdef0", "Reason": "x" * 300000}),
            "parameter-reference": json.dumps({
                "Target": "i-0123456789abcdef0", "Parameters": {"x": ["{{ssm:name}}"]}}),
            "target": '{"Target": "I-0123456789ABCDEF0"}',
        }
        for code, body in cases.items():
            with self.subTest(code):
                self.mark()
                self.assert_malformed(self.post(body=body), code)

    def test_signature_forms(self):
        self.assert_malformed(self.post(drop=("authorization",)), "unsigned")
        got = self.post("--header", "Authorization: AWS4-HMAC-SHA256 x")
        self.assert_malformed(got, "unsigned")
        scope = "Authorization: AWS4-HMAC-SHA256 Credential=AKIARTX3GSDSQANCWPCN/20261123/" \
            "us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=" + "0" * 64
        self.assert_malformed(self.post("--header", scope, drop=("authorization",)),
                              "endpoint-mismatch")

    def test_host_of_another_endpoint(self):
        got = self.post("--header", "Host: ssm.eu-west-1.amazonaws.com")
        self.assert_malformed(got, "endpoint-mismatch")

    def test_no_http2_is_offered(self):
        result = curl(self.world, "--http2", "--verbose", f"https://{HOST}/")
        self.assertIn("http/1.1", result.err)
        self.assertNotIn("HTTP/2", result.err)


if __name__ == "__main__":
    unittest.main()
