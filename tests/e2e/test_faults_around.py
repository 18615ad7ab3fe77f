"""Every step fails in turn where there is TLS around the CONNECT, and where the way up is by another
proxy, plain or over TLS."""

import json
import tempfile
import unittest
from pathlib import Path

from connect_proxy import ConnectProxy
from fault_case import ECHO, FaultCase
from identities import ClientAuthority
from identity_case import connect_head
from nested_tls import Nested, enter_tls
from raw import read_answer, trusting
from reloading import config_of
from standin.tls import TestRoot

PROXY_NAME = "proxy.example.test"


class Around(FaultCase):
    """The first listener's TLS, or the parent's, is of `root`."""

    @classmethod
    def prepare(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.root = TestRoot(cls.folder / "root", "the root around")
        return cls.around()

    def echo_once(self):
        """Without an end: TLS has none that goes on in the other direction."""
        sent = bytes(range(256)) * 40
        got = b""
        with self.enter(ECHO) as stream:
            stream.sendall(sent)
            while len(got) < len(sent) and (data := stream.recv(65536)):
                got += data
        return got == sent

    def check_all(self):
        seen = self.each_step(self.start_session)
        self.assertLessEqual({"recv", "send", "connect", "accept"}, seen)
        self.assertTrue(self.start_session())
        self.assert_at_rest()
        self.assert_permitted()
        seen = self.each_step(self.echo_once)
        self.assertLessEqual({"recv", "send", "connect", "accept"}, seen)
        self.assertTrue(self.echo_once())
        self.assert_at_rest()


class Listener(Around):
    """TLS with a certificate asked for, the CONNECT and the client's own TLS inside."""

    SPLICED = False

    @classmethod
    def around(cls):
        people = ClientAuthority(cls.folder)
        cls.shown = people.issue("me", "email:me@example.test")
        return {"listen": [
            {"address": "127.0.0.1:0", "auth": "mtls",
             "tls": {"certificate": str(cls.root.leaf(PROXY_NAME)),
                     "key": str(cls.root.folder / "leaf.key"),
                     "client_ca": str(people.certificate)}},
            {"address": "127.0.0.1:0"}]}

    def enter(self, host):
        stream = enter_tls(self.gateway.port, self.root.certificate, PROXY_NAME, self.shown)
        try:
            stream.sendall(connect_head(host, 443))
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest), (200, b""))
        except BaseException:
            stream.close()
            raise
        return stream

    def in_tls(self, stream, host):
        return Nested(stream, trusting(self.world.bundle), host)

    def test_every_step(self):
        self.check_all()


class Parent(Around):
    @classmethod
    def around(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = ConnectProxy(cls.route, cls.context())
        cls.addClassCleanup(cls.proxy.stop)
        cls.use_parent()
        cls.warm_up()

    @classmethod
    def context(cls):
        return None

    @classmethod
    def route(cls, host, port):
        if host == ECHO:
            return "127.0.0.1", cls.echo.port
        return cls.world.stand_in.route(host, port)

    @classmethod
    def use_parent(cls):
        """In the place of every name: where a parent is asked, names are not looked up here."""
        gateway = cls.world.gateway
        gateway.stop()
        config = config_of(gateway)
        config["upstream"].update(cls.upstream())
        gateway.config_file.write_text(json.dumps(config))
        gateway.start()

    @classmethod
    def upstream(cls):
        return {"proxy": {"url": f"http://127.0.0.1:{cls.proxy.port}"}, "resolve": {}}


class PlainParent(Parent):
    def test_every_step(self):
        self.check_all()
        self.assertGreater(len(self.proxy.heads), 20)


class TlsParent(Parent):
    SPLICED = False

    @classmethod
    def context(cls):
        return cls.root.leaf_context(PROXY_NAME)

    @classmethod
    def upstream(cls):
        name = f"{PROXY_NAME}:{cls.proxy.port}"
        return {"proxy": {"url": f"https://{name}", "ca_file": str(cls.root.certificate)},
                "resolve": {name: f"127.0.0.1:{cls.proxy.port}"}}

    def test_every_step(self):
        self.check_all()
        self.assertGreater(len(self.proxy.heads), 20)


if __name__ == "__main__":
    unittest.main()
