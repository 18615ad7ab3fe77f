"""Nobody goes on by what a reload has taken away, whatever he had begun before it."""

import socket
import ssl
import threading
import unittest

from clients import ALICE, TARGET
from identities import PASSWORD, basic
from identity_case import CHANNEL, connect_head
from raw import (HOST, client_hello, first_flight, handshake_and, read_answer, read_to_end, signed,
                 trusting)
from reloading import configure, hang_up
from servers import Server
from users_case import WithUsers
from waiting import wait_for

OTHER = "tunnel.example.test"
CORPORATE = "ssm.corp.example"


def serve_nothing(stream):
    read_to_end(stream)
    stream.close()


class SlowParent:
    """The proxy in front of `test`'s gateway from here on. It opens no way until `answer` is set."""

    def __init__(self, test):
        self.asked, self.answer = threading.Event(), threading.Event()
        server = Server(self._serve)
        test.addCleanup(server.stop)
        test.addCleanup(self.answer.set)
        configure(test.gateway, upstream={"proxy": {"url": f"http://{server.address}"}})

    def wait(self):
        """Until a way was asked for."""
        if not self.asked.wait(60):
            raise AssertionError("no way was asked for")

    def _serve(self, stream):
        stream.recv(65536)
        self.asked.set()
        self.answer.wait(60)
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        read_to_end(stream)


class Revoked(WithUsers):
    changes = {"egress": {"deny_addresses": []},
               "listen": [{"address": "127.0.0.1:0", "auth": "basic"}, {"address": "127.0.0.1:0"}]}

    def setUp(self):
        super().setUp()
        self.other = Server(serve_nothing)
        self.addCleanup(self.other.stop)
        configure(self.gateway, upstream={"resolve": {f"{OTHER}:443": self.other.address}})

    def enter(self, host=HOST):
        """A connection, and alice's CONNECT."""
        stream = socket.create_connection(("127.0.0.1", self.gateway.ports[0]), 30)
        self.addCleanup(stream.close)
        return stream, connect_head(host, 443,
                                    f"Proxy-Authorization: {basic('alice', PASSWORD)}")

    def connected(self, host=HOST):
        stream, head = self.enter(host)
        stream.sendall(head)
        self.assertEqual(read_answer(stream)[0].status, 200)
        return stream

    def in_tls(self, stream):
        secure = trusting(self.world.bundle).wrap_socket(stream, server_hostname=HOST)
        self.addCleanup(secure.close)
        return secure

    def taken(self):
        """Waits until the gateway has read all that was sent to it, as its clients have."""
        wait_for(lambda: self.gateway.unread(self.gateway.ports[0]) == 0, "the bytes")

    def opened(self, count):
        wait_for(lambda: [line["decision"] for line in self.gateway.audit("connect")].count("relay")
                 == count, "the tunnels")

    def revoke(self):
        """Bob takes alice's place."""
        self.put_users("bob")
        hang_up(self.gateway)

    def move(self):
        """The same, and the listener goes elsewhere."""
        self.put_users("bob")
        configure(self.gateway, listen=[{"address": "[::1]:0", "auth": "basic"}])

    def assert_cut(self, stream, endpoint=HOST, code="unauthenticated"):
        """Hung up on without an answer, and so recorded."""
        self.assertEqual(read_to_end(stream), b"")
        def find():
            return [line for line in self.gateway.audit("connect")
                    if line.get("closed_by") == "policy"]
        line = wait_for(find, "the record")[-1]
        self.assertEqual((line["decision"], line["code"], line["endpoint"]),
                         ("deny", code, endpoint))
        self.assertIn("a reload has ", line["message"])

    def assert_goes_on(self, tunnel):
        sent = client_hello(OTHER)
        tunnel.sendall(sent)
        tunnel.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(tunnel), b"")
        ended = wait_for(lambda: [line for line in self.gateway.audit("result")
                                  if line.get("closed_by") == "client"], "the tunnel's end")[-1]
        self.assertEqual(ended["bytes_up"], len(sent))

    def assert_nothing_asked(self):
        self.assertEqual(self.world.stand_in.records(operation="StartSession"), [])

    def half_a_connect(self, reload):
        stream, head = self.enter(OTHER)
        stream.sendall(head[:9])
        self.taken()
        reload()
        stream.sendall(head[9:])
        self.assert_cut(stream, OTHER)
        self.assertEqual(self.other.accepted, 0)

    def test_half_a_connect(self):
        self.half_a_connect(self.revoke)

    def test_half_a_connect_by_a_listener_that_goes(self):
        self.half_a_connect(self.move)

    def test_half_a_client_hello(self):
        """Half of it at once: of a client that was silent the way would be open soon."""
        stream, head = self.enter(OTHER)
        hello = client_hello(OTHER)
        stream.sendall(head + hello[:9])
        self.assertEqual(read_answer(stream)[0].status, 200)
        self.taken()
        self.revoke()
        stream.sendall(hello[9:])
        self.assert_cut(stream, OTHER)
        self.assertEqual(self.other.accepted, 0)

    def test_a_tunnel_whose_other_end_is_slow(self):
        parent = SlowParent(self)
        stream, head = self.enter(OTHER)
        stream.sendall(head + client_hello(OTHER))
        self.assertEqual(read_answer(stream)[0].status, 200)
        parent.wait()
        self.revoke()
        parent.answer.set()
        self.assert_cut(stream, OTHER)

    def half_a_request(self, size, reload):
        request = signed(ALICE, "StartSession", {"Target": TARGET})
        secure = self.in_tls(self.connected())
        secure.sendall(request[:size])
        self.taken()
        reload()
        secure.sendall(request[size:])
        self.assert_cut(secure)
        self.assert_nothing_asked()

    def test_half_a_head(self):
        self.half_a_request(9, self.revoke)

    def test_all_but_the_last_byte_of_a_request(self):
        self.half_a_request(-1, self.revoke)

    def test_half_a_request_whose_client_goes(self):
        """It is its doing."""
        secure = self.in_tls(self.connected())
        secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET})[:9])
        self.taken()
        self.revoke()
        secure.shutdown(socket.SHUT_RDWR)
        line = wait_for(lambda: self.gateway.audit("connect"), "the record")[-1]
        self.assertEqual((line["decision"], line["closed_by"]), ("error", "client"))

    def test_half_a_request_by_a_listener_that_goes(self):
        self.half_a_request(9, self.move)

    def asked_once(self):
        secure = self.in_tls(self.connected())
        secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
        self.assertEqual(read_answer(secure)[0].status, 200)
        return secure

    def test_a_connection_that_waits_for_a_request(self):
        secure = self.asked_once()
        self.revoke()
        self.assertEqual(read_to_end(secure), b"")

    def test_a_connection_of_a_listener_that_goes(self):
        """Its tunnels go on."""
        secure, tunnel = self.asked_once(), self.connected(OTHER)
        self.opened(1)
        configure(self.gateway, listen=[{"address": "[::1]:0"}])
        self.assertEqual(read_to_end(secure), b"")
        self.assert_goes_on(tunnel)

    def test_a_data_channel_s_name_in_an_open_tunnel(self):
        """The tunnel goes on, but not to a session."""
        secure = self.asked_once()
        one, another = self.connected(OTHER), self.connected(OTHER)
        self.opened(2)
        self.revoke()
        self.assertEqual(read_to_end(secure), b"")
        one.sendall(client_hello(CHANNEL))
        self.assertEqual(read_to_end(one), b"")
        line = wait_for(lambda: [line for line in self.gateway.audit("result")
                                 if line.get("closed_by") == "policy"], "the record")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "unauthenticated"))
        self.assert_goes_on(another)


class LeadsElsewhere(WithUsers):
    """Where a CONNECT leads is asked of what is in force when it is whole, when its first bytes are,
    and when the way is open."""

    # At the start, so that the CA may sign for it.
    changes = {"egress": {"deny_addresses": []}, "intercept": {"hosts": [CORPORATE]}}

    def setUp(self):
        super().setUp()
        self.other = Server(serve_nothing)
        self.addCleanup(self.other.stop)
        resolve = {f"{name}:443": self.other.address for name in (OTHER, CORPORATE)}
        configure(self.gateway, upstream={"resolve": resolve}, intercept={"hosts": []})

    def send(self, whole):
        stream = socket.create_connection(("127.0.0.1", self.gateway.port), 30)
        self.addCleanup(stream.close)
        stream.sendall(whole)
        return stream

    def taken(self):
        wait_for(lambda: self.gateway.unread(self.gateway.port) == 0, "the bytes")

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

    def slow_way(self, host, name, **changes):
        """A reload with these changes while the way is being opened."""
        parent = SlowParent(self)
        stream = self.send(connect_head(host) + client_hello(name))
        self.assertEqual(read_answer(stream)[0].status, 200)
        parent.wait()
        configure(self.gateway, **changes)
        parent.answer.set()
        return stream

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
        closed = {"default": "refuse", "allow": [OTHER]}
        self.half_a_hello(OTHER, client_hello(OTHER), egress=closed)
        wait_for(lambda: self.other.accepted == 1, "the tunnel")

    def test_half_a_client_hello_that_names_another(self):
        closed = {"default": "refuse", "allow": [OTHER]}
        stream = self.half_a_hello(OTHER, client_hello("another.example"), egress=closed)
        self.assertEqual(read_to_end(stream), b"")
        self.assertEqual(self.other.accepted, 0)

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

    def test_a_slow_way(self):
        stream = self.slow_way(OTHER, OTHER, egress={"default": "refuse"})
        self.assert_cut(stream, OTHER, "egress")

    def test_a_slow_way_to_what_is_intercepted_now(self):
        """Which the TLS inside names alone."""
        stream = self.slow_way(OTHER, CORPORATE, intercept={"hosts": [CORPORATE]})
        self.assert_cut(stream, OTHER, "egress")

    def test_a_slow_way_to_a_data_channel(self):
        configure(self.gateway, sessions={"require_decision": False})
        stream = self.slow_way(OTHER, CHANNEL, sessions={"require_decision": True})
        self.assert_cut(stream, OTHER, "no-session")

    def test_a_slow_way_that_nothing_has_changed(self):
        self.slow_way(OTHER, OTHER, limits={"connections": 900}, egress={"deny": ["evil.example"]})
        wait_for(lambda: [line for line in self.gateway.audit("connect")
                          if line["decision"] == "relay"], "the tunnel")

    def test_a_request_to_what_is_intercepted_no_more(self):
        configure(self.gateway, intercept={"hosts": [CORPORATE]})
        stream = self.send(connect_head(CORPORATE))
        self.assertEqual(read_answer(stream)[0].status, 200)
        with trusting(self.gateway.ca).wrap_socket(stream, server_hostname=CORPORATE) as secure:
            configure(self.gateway, intercept={"hosts": []})
            secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}, host=CORPORATE))
            self.assert_cut(secure, CORPORATE, "egress")
        self.assertEqual(self.gateway.audit("decision"), [])

    def test_a_reload_that_leads_it_to_the_same(self):
        self.half_a_hello(OTHER, client_hello(OTHER), limits={"connections": 900},
                          sessions={"max_per_user": 3}, egress={"deny": ["evil.example"]},
                          intercept={"hosts": [CORPORATE]})
        wait_for(lambda: self.other.accepted == 1, "the tunnel")


if __name__ == "__main__":
    unittest.main()
