"""Nobody goes on by what a reload has taken away, whatever he had begun before it."""

import socket
import unittest

from clients import ALICE, TARGET
from identities import PASSWORD, basic
from identity_case import CHANNEL, connect_head
from raw import HOST, client_hello, handshake_and, read_answer, read_to_end, signed, trusting
from reloading import configure, hang_up
from servers import Server
from users_case import WithUsers
from waiting import wait_for

OTHER = "tunnel.example.test"


class Revoked(WithUsers):
    changes = {"egress": {"deny_addresses": []},
               "listen": [{"address": "127.0.0.1:0", "auth": "basic"}, {"address": "127.0.0.1:0"}]}

    def setUp(self):
        super().setUp()
        self.other = Server(read_to_end)
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

    def opened(self, count):
        """So many tunnels, and they are in the record."""
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
        parent = self.slow_parent()
        stream, head = self.enter(OTHER)
        stream.sendall(head + client_hello(OTHER))
        self.assertEqual(read_answer(stream)[0].status, 200)
        parent.wait()
        self.revoke()
        parent.answer.set()
        self.assert_cut(stream, OTHER)
        self.assertEqual(wait_for(lambda: parent.passed, "the way's end"), [b""])

    def test_a_request_that_comes_with_the_end_of_the_handshake(self):
        """TLS has read it ahead when the connection is to wait for a request."""
        stream = self.connected()
        flight = handshake_and(stream, trusting(self.world.bundle),
                               signed(ALICE, "StartSession", {"Target": TARGET}))
        self.revoke()
        stream.sendall(flight)
        self.assert_cut(stream)
        # Asked behind it: whatever became of hers is in the log before.
        bob = socket.create_connection(("127.0.0.1", self.gateway.ports[1]), 30)
        with bob:
            bob.sendall(connect_head(HOST))
            self.assertEqual(read_answer(bob)[0].status, 200)
            with self.in_tls(bob) as secure:
                secure.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
                self.assertEqual(read_answer(secure)[0].status, 200)
        self.assertEqual([line.get("user") for line in self.gateway.audit("decision")], [None])
        self.assertEqual(len(self.world.stand_in.records(operation="StartSession")), 1)

    def test_a_body_that_is_to_be_asked_for(self):
        """Nobody is told to go on who may not."""
        secure = self.in_tls(self.connected())
        request = signed(ALICE, "StartSession", {"Target": TARGET},
                         unsigned=[("Expect", "100-continue")])
        head = request[:request.index(b"\r\n\r\n") + 4]
        secure.sendall(head[:9])
        self.taken()
        self.revoke()
        secure.sendall(head[9:])
        self.assert_cut(secure)

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
        """It has asked nothing more, and nobody is said to have been refused."""
        secure = self.asked_once()
        self.revoke()
        self.assertEqual(read_to_end(secure), b"")
        self.gateway.stop()
        self.assertEqual(self.gateway.audit("connect"), [])

    def test_a_connection_that_has_asked_nothing(self):
        """It ends as one that has, and nobody is said to have been refused."""
        stream = self.connected()
        flight = handshake_and(stream, trusting(self.world.bundle), b"")
        self.revoke()
        stream.sendall(flight)
        self.assertEqual(read_to_end(stream), b"")
        self.gateway.stop()
        self.assertEqual(self.gateway.audit("connect"), [])

    def test_half_a_record_with_the_end_of_the_handshake(self):
        stream = self.connected()
        flight = handshake_and(stream, trusting(self.world.bundle),
                               signed(ALICE, "StartSession", {"Target": TARGET}))
        self.revoke()
        stream.sendall(flight[:-9])
        self.assert_cut(stream)

    def test_half_a_record_while_it_waits_for_a_request(self):
        stream = self.connected()
        flight = handshake_and(stream, trusting(self.world.bundle),
                               signed(ALICE, "StartSession", {"Target": TARGET}))
        stream.sendall(flight[:-9])
        self.taken()
        self.revoke()
        self.assert_cut(stream)

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


if __name__ == "__main__":
    unittest.main()
