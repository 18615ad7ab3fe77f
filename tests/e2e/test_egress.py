"""What tunnels may reach: by name, by server name inside, by address."""

import socket
import unittest

from raw import client_hello, connect, read_to_end, trusting
from reloading import configure
from servers import Server, answer_page
from waiting import wait_for
from world import World

GOOD, OTHER = "good.example.test", "other.example.test"
CHANNEL = "ssmmessages.us-east-1.amazonaws.com"


class Heard:
    """A server that keeps what each of its clients sent, and says nothing."""

    def __init__(self):
        self.said = []
        self._server = Server(self._listen)
        self.address, self.stop = self._server.address, self._server.stop

    @property
    def accepted(self):
        return self._server.accepted

    def _listen(self, stream):
        data = b""
        try:
            while more := stream.recv(65536):
                data += more
        finally:
            self.said.append(data)


class Egress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.heard = Heard()
        cls.addClassCleanup(cls.heard.stop)
        cls.ip, _, port = cls.heard.address.rpartition(":")
        cls.port = int(port)
        resolve = {f"{name}:443": cls.heard.address for name in (GOOD, OTHER)}
        cls.world = World(upstream={"resolve": resolve}, egress=cls.rules())
        cls.addClassCleanup(cls.world.close)

    @classmethod
    def rules(cls):
        return {"deny_addresses": []}

    def setUp(self):
        self.heard.said.clear()
        self.accepted = self.heard.accepted
        self.lines = len(self.world.gateway.audit("connect"))

    def denied(self, code="egress"):
        """The one connect line of this test, which denies."""
        lines = wait_for(lambda: self.world.gateway.audit("connect")[self.lines:], "the line")
        self.assertEqual([(line["decision"], line["code"]) for line in lines], [("deny", code)])
        return lines[0]

    def send(self, host, data, port=443):
        with connect(self.world.gateway.port, host, port) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return read_to_end(stream)

    def assert_passes(self, host, data, port=443):
        self.send(host, data, port)
        wait_for(lambda: data in self.heard.said, "the bytes to arrive")
        # Or it would be taken for a line of the next test.
        wait_for(lambda: self.world.gateway.audit("connect")[self.lines:], "the line")

    def assert_refused_at_connect(self, host, port):
        with self.assertRaises(AssertionError) as caught:
            connect(self.world.gateway.port, host, port)
        self.assertIn(" 403 ", str(caught.exception))
        self.assertEqual(self.heard.accepted, self.accepted)
        return self.denied()


class Closed(Egress):
    @classmethod
    def rules(cls):
        return {"default": "refuse", "deny_addresses": [],
                "allow": [f"{GOOD}:443", f"127.0.0.1:{cls.port}"]}

    def test_the_name_that_connect_gave(self):
        self.assert_passes(GOOD, client_hello(GOOD))

    def test_no_server_name(self):
        self.assert_passes(GOOD, client_hello(None))

    def test_no_tls(self):
        self.assert_passes(GOOD, b"SSH-2.0-me\r\n")

    def test_another_server_name(self):
        for name in (OTHER, f"x.{GOOD}", "evil.example"):
            with self.subTest(name):
                self.setUp()
                self.assertEqual(self.send(GOOD, client_hello(name)), b"")
                self.assertEqual(self.denied()["endpoint"], GOOD)
                self.assertEqual(self.heard.accepted, self.accepted)

    def test_half_a_hello_and_the_end_are_passed_to_nobody(self):
        for size in (1, 5, 60):
            with self.subTest(size):
                self.setUp()
                self.assertEqual(self.send(GOOD, client_hello(GOOD)[:size]), b"")
                line = wait_for(lambda: self.world.gateway.audit("connect")[self.lines:],
                                "the line")[0]
                self.assertEqual(line["decision"], "error")
                self.assertIn("ClientHello", line["message"])
                self.assertEqual(self.heard.accepted, self.accepted)

    def test_half_a_hello_that_comes_late_and_the_end(self):
        before = len(self.world.gateway.audit("result"))
        with connect(self.world.gateway.port, GOOD) as stream:
            wait_for(lambda: self.heard.accepted > self.accepted, "the tunnel to be opened")
            stream.sendall(client_hello(GOOD)[:60])
            stream.shutdown(socket.SHUT_WR)
            self.assertEqual(read_to_end(stream), b"")
        wait_for(lambda: self.heard.said, "the other end")
        self.assertEqual(self.heard.said, [b""], "not a byte of it has gone up")
        line = wait_for(lambda: self.world.gateway.audit("result")[before:], "the record")[0]
        self.assertEqual((line["decision"], line["bytes_up"]), ("error", 0))
        self.assertIn("ClientHello", line["message"])

    def test_a_data_channel_behind_another_name(self):
        self.assertEqual(self.send(GOOD, client_hello(CHANNEL)), b"")
        self.denied()
        self.assertEqual(self.heard.accepted, self.accepted)

    def test_another_server_name_that_comes_late(self):
        with connect(self.world.gateway.port, GOOD) as stream:
            wait_for(lambda: self.heard.accepted > self.accepted, "the tunnel to be opened")
            hello = client_hello(OTHER)
            stream.sendall(hello[:50])
            stream.sendall(hello[50:])
            self.assertEqual(read_to_end(stream), b"")
        wait_for(lambda: self.heard.said, "the other end")
        self.assertEqual(self.heard.said, [b""], "not a byte of it has gone up")
        line = wait_for(lambda: [line for line in self.world.gateway.audit("result")
                                 if line.get("closed_by") == "policy"], "the record")[-1]
        self.assertEqual((line["decision"], line["code"], line["closed_by"], line["bytes_up"]),
                         ("deny", "egress", "policy", 0))

    def test_names_and_ports_without_an_entry(self):
        self.assert_refused_at_connect(OTHER, 443)
        self.setUp()
        self.assert_refused_at_connect(GOOD, 8443)

    def test_an_address_that_an_entry_names(self):
        self.assert_passes(self.ip, client_hello(None), self.port)

    def test_an_address_that_none_names(self):
        self.assert_refused_at_connect("127.0.0.2", self.port)


class Open(Egress):
    def test_any_name_inside(self):
        self.assert_passes(GOOD, client_hello(OTHER))

    def test_a_bare_address(self):
        line = self.assert_refused_at_connect(self.ip, self.port)
        self.assertIn("egress.allow", line["message"])
        self.setUp()
        self.assert_refused_at_connect("169.254.169.254", 80)

    def test_an_ssm_name_inside_is_intercepted(self):
        # Its certificate is the gateway's, not the server's.
        name = "ssm.us-east-1.amazonaws.com"
        with connect(self.world.gateway.port, GOOD) as stream:
            with trusting(self.world.bundle).wrap_socket(stream, server_hostname=name) as secure:
                secure.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                self.assertIn(b" 400 ", secure.recv(65536))
        self.assertEqual(self.heard.accepted, self.accepted)


class Addresses(unittest.TestCase):
    """By what a name is looked up as, and by what is really dialled."""

    def hang_up(self, resolve, egress):
        """The connect line of a tunnel to `x.example.test`, which the gateway hangs up on."""
        with World(upstream={"resolve": {"x.example.test:443": resolve}}, egress=egress) as world:
            with connect(world.gateway.port, "x.example.test") as stream:
                self.assertEqual(read_to_end(stream), b"")
            return wait_for(lambda: world.gateway.audit("connect"), "the line")[-1]

    def test_metadata_and_credential_services_always(self):
        for address in ("169.254.169.254:80", "169.254.170.2:80", "169.254.170.23:80",
                        "[fd00:ec2::254]:80", "[::ffff:169.254.169.254]:80"):
            with self.subTest(address):
                line = self.hang_up(address, {"deny_addresses": []})
                self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))

    def test_what_comes_out_at_loopback(self):
        server = Server(answer_page)
        self.addCleanup(server.stop)
        port = server.address.rpartition(":")[2]
        line = self.hang_up(f"0.0.0.0:{port}", {"deny_addresses": ["loopback"]})
        self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))

    def refused_at_once(self, world, host, port):
        """The message of the 403 that a CONNECT is answered with."""
        with self.assertRaises(AssertionError) as caught:
            connect(world.gateway.port, host, port)
        self.assertIn(" 403 ", str(caught.exception))
        return wait_for(lambda: world.gateway.audit("connect"), "the line")[-1]

    def test_an_address_is_judged_before_the_200(self):
        with World(egress={"allow": ["any:80"]}) as world:
            for host in ("127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]",
                         "[64:ff9b::a9fe:a9fe]", "[::127.0.0.1]", "0.0.0.0", "[2002:7f00:1::]"):
                with self.subTest(host):
                    line = self.refused_at_once(world, host, 80)
                    self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))

    def test_our_own_listener_by_its_address(self):
        with World(egress={"deny_addresses": [], "allow": ["127.0.0.0/8:1"]}) as world:
            port = world.gateway.port
            configure(world.gateway, egress={"deny_addresses": [],
                                             "allow": [f"127.0.0.1:{port}", f"[::1]:{port}"]})
            for host in ("127.0.0.1", "[::ffff:127.0.0.1]"):
                line = self.refused_at_once(world, host, port)
                self.assertIn("gateway itself", line["message"])

    def test_an_address_denied_without_a_port_is_denied_at_every_port(self):
        with Server(answer_page) as server:
            egress = {"deny_addresses": [], "deny": ["127.0.0.0/8"]}
            line = self.hang_up(server.address, egress)
            self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))
            self.assertEqual(server.accepted, 0)

    def test_our_own_listener_by_a_name(self):
        with World(egress={"deny_addresses": []}) as world:
            port = world.gateway.port
            with connect(port, "localhost", port) as stream:
                stream.sendall(b"x")
                self.assertEqual(read_to_end(stream), b"")
            line = wait_for(lambda: world.gateway.audit("connect"), "the line")[-1]
            self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))


if __name__ == "__main__":
    unittest.main()
