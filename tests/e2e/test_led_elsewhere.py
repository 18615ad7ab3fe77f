"""Where a CONNECT leads, when a reload comes before it is answered, heard or opened."""

import socket
import ssl
import unittest

from clients import ALICE, TARGET
from identity_case import CHANNEL, connect_head
from raw import client_hello, first_flight, read_answer, read_to_end, signed, trusting
from reloading import configure
from servers import Server
from users_case import WithUsers
from waiting import wait_for

OTHER = "tunnel.example.test"
CORPORATE = "ssm.corp.example"
CLOSED = {"default": "refuse", "allow": [OTHER]}


class LeadsElsewhere(WithUsers):
    """Where a CONNECT leads is asked of what is in force when it is whole, when its first bytes are,
    and when the way is open."""

    # At the start, so that the CA may sign for it.
    changes = {"egress": {"deny_addresses": []}, "intercept": {"hosts": [CORPORATE]}}

    def setUp(self):
        super().setUp()
        self.other = Server(read_to_end)
        self.addCleanup(self.other.stop)
        resolve = {f"{name}:443": self.other.address for name in (OTHER, CORPORATE)}
        configure(self.gateway, upstream={"resolve": resolve}, intercept={"hosts": []})
        # Each change has a line: the last must not be taken for the next reload's.
        for change in ("intercept", "upstream"):
            wait_for(lambda change=change: f"reload (SIGHUP): {change}" in self.gateway.log.text, change)

    def send(self, whole):
        stream = socket.create_connection(("127.0.0.1", self.gateway.port), 30)
        self.addCleanup(stream.close)
        stream.sendall(whole)
        return stream

    def half_a_connect(self, host, **changes):
        """One that a reload with these changes has come between."""
        head = connect_head(host)
        stream = self.send(head[:9])
        self.taken()
        configure(self.gateway, **changes)
        stream.sendall(head[9:])
        return stream

    def half_a_hello(self, host, hello, **changes):
        """The same; half of it at once, for of a client that was silent the way would be open soon."""
        stream = self.send(connect_head(host) + hello[:9])
        self.assertEqual(read_answer(stream)[0].status, 200)
        self.taken()
        configure(self.gateway, **changes)
        stream.sendall(hello[9:])
        return stream

    def slow_way(self, host, first, **changes):
        """A reload with these changes while the way is being opened for a client that has sent
        `first`."""
        parent = self.slow_parent()
        stream = self.send(connect_head(host) + first)
        self.assertEqual(read_answer(stream)[0].status, 200)
        parent.wait()
        configure(self.gateway, **changes)
        parent.answer.set()
        return stream, parent

    def assert_slow_way_cut(self, host, name, code, **changes):
        stream, parent = self.slow_way(host, client_hello(name), **changes)
        self.assert_cut(stream, host, code)
        self.assertEqual(wait_for(lambda: parent.passed, "the way's end"), [b""])

    def opened(self):
        wait_for(lambda: [line for line in self.gateway.audit("connect")
                          if line["decision"] == "relay"], "the tunnel")

    def assert_cut(self, stream, host, code):
        self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: [line for line in self.gateway.audit("connect")
                                 if line.get("closed_by") == "policy"], "the record")[-1]
        self.assertEqual((line["decision"], line["code"], line["endpoint"]), ("deny", code, host))
        self.assertEqual(self.other.accepted, 0)

    def finish(self, session, incoming, outgoing, stream):
        """A handshake whose hello was sent."""
        while True:
            data = stream.recv(65536)
            self.assertNotEqual(data, b"", "the stream ended")
            incoming.write(data)
            try:
                session.do_handshake()
                return
            except ssl.SSLWantReadError:
                stream.sendall(outgoing.read())

    def test_half_a_connect(self):
        stream = self.half_a_connect(OTHER, egress={"default": "refuse"})
        self.assertEqual(read_answer(stream)[0].status, 403)
        self.assertEqual(self.other.accepted, 0)

    def test_half_a_connect_to_what_is_intercepted_now(self):
        stream = self.half_a_connect(CORPORATE, intercept={"hosts": [CORPORATE]})
        self.assertEqual(read_answer(stream)[0].status, 200)
        trusting(self.gateway.ca).wrap_socket(stream, server_hostname=CORPORATE).close()
        self.assertEqual(self.other.accepted, 0)

    def test_half_a_client_hello(self):
        stream = self.half_a_hello(OTHER, client_hello(OTHER), egress={"default": "refuse"})
        self.assert_cut(stream, OTHER, "egress")

    def test_half_a_client_hello_that_names_what_is_allowed_still(self):
        self.half_a_hello(OTHER, client_hello(OTHER), egress=CLOSED)
        self.opened()

    def test_half_a_client_hello_that_names_another(self):
        stream = self.half_a_hello(OTHER, client_hello("another.example"), egress=CLOSED)
        self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: self.gateway.audit("connect"), "the record")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "egress"))
        self.assertIn("asks for another server", line["message"])

    def test_half_a_client_hello_to_what_is_intercepted_now(self):
        session, incoming, outgoing, hello = first_flight(trusting(self.gateway.ca), CORPORATE)
        stream = self.half_a_hello(CORPORATE, hello, intercept={"hosts": [CORPORATE]})
        self.finish(session, incoming, outgoing, stream)
        self.assertEqual(self.other.accepted, 0)

    def test_half_a_client_hello_to_a_data_channel(self):
        """Without a session, which nobody asked for before."""
        configure(self.gateway, sessions={"require_decision": False})
        stream = self.half_a_hello(CHANNEL, client_hello(CHANNEL),
                                   sessions={"require_decision": True})
        self.assert_cut(stream, CHANNEL, "no-session")

    def test_half_a_client_hello_to_what_is_intercepted_no_more(self):
        configure(self.gateway, intercept={"hosts": [CORPORATE]})
        self.half_a_hello(CORPORATE, client_hello(CORPORATE), intercept={"hosts": []})
        self.opened()

    def test_a_slow_way(self):
        self.assert_slow_way_cut(OTHER, OTHER, "egress", egress={"default": "refuse"})

    def test_a_slow_way_to_what_is_intercepted_now(self):
        """Which the TLS inside names alone."""
        self.assert_slow_way_cut(OTHER, CORPORATE, "egress", intercept={"hosts": [CORPORATE]})

    def test_a_slow_way_to_a_data_channel(self):
        configure(self.gateway, sessions={"require_decision": False})
        self.assert_slow_way_cut(OTHER, CHANNEL, "no-session", sessions={"require_decision": True})

    def test_a_slow_way_to_one_data_channel_for_another(self):
        """Which is let through where sessions are not asked for."""
        another = CHANNEL.replace("us-east-1", "eu-west-1")
        configure(self.gateway, sessions={"require_decision": False})
        self.assert_slow_way_cut(CHANNEL, another, "no-session",
                                 sessions={"require_decision": True, "without_start": "allow"})

    def test_a_slow_way_that_nothing_has_changed(self):
        hello = client_hello(OTHER)
        stream, parent = self.slow_way(OTHER, hello, limits={"connections": 900},
                                       egress={"deny": ["evil.example"]})
        self.opened()
        stream.close()
        self.assertEqual(wait_for(lambda: parent.passed, "the way's end"), [hello])

    def test_what_comes_late_behind_a_slow_way(self):
        """It was silent, and is judged by what was in force when the way was open."""
        stream, parent = self.slow_way(OTHER, b"", egress=CLOSED)
        self.opened()
        stream.sendall(client_hello("another.example"))
        self.assertEqual(read_to_end(stream), b"")
        self.assertEqual(wait_for(lambda: parent.passed, "the way's end"), [b""])
        line = wait_for(lambda: self.gateway.audit("result"), "the record")[-1]
        self.assertEqual((line["code"], line["closed_by"]), ("egress", "policy"))

    def test_a_request_to_what_is_intercepted_no_more(self):
        configure(self.gateway, intercept={"hosts": [CORPORATE]})
        stream = self.send(connect_head(CORPORATE))
        self.assertEqual(read_answer(stream)[0].status, 200)
        with trusting(self.gateway.ca).wrap_socket(stream, server_hostname=CORPORATE) as secure:
            configure(self.gateway, intercept={"hosts": []})
            secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}, host=CORPORATE))
            self.assert_cut(secure, CORPORATE, "egress")
        self.assertEqual(self.gateway.audit("decision"), [])

    def test_a_body_that_is_to_be_asked_for_of_what_is_intercepted_no_more(self):
        """Nobody is told to send what will not be judged."""
        configure(self.gateway, intercept={"hosts": [CORPORATE]})
        stream = self.send(connect_head(CORPORATE))
        self.assertEqual(read_answer(stream)[0].status, 200)
        request = signed(ALICE, "StartSession", {"Target": TARGET}, host=CORPORATE,
                         unsigned=[("Expect", "100-continue")])
        head = request[:request.index(b"\r\n\r\n") + 4]
        with trusting(self.gateway.ca).wrap_socket(stream, server_hostname=CORPORATE) as secure:
            secure.sendall(head[:9])
            self.taken()
            configure(self.gateway, intercept={"hosts": []})
            secure.sendall(head[9:])
            self.assert_cut(secure, CORPORATE, "egress")

    def test_a_reload_that_leads_it_to_the_same(self):
        self.half_a_hello(OTHER, client_hello(OTHER), limits={"connections": 900},
                          sessions={"max_per_user": 3}, egress={"deny": ["evil.example"]},
                          intercept={"hosts": [CORPORATE]})
        self.opened()


if __name__ == "__main__":
    unittest.main()
