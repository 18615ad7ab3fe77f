"""A listener's files are replaced: who has come in goes on where he would be let in as before."""

import json
import shutil
import ssl
import unittest

from clients import ALICE, TARGET
from identities import PASSWORD, ClientAuthority, basic
from identity_case import connect_head
from nested_tls import Nested, enter_tls
from raw import HOST, read_answer, read_to_end, signed, trusting
from reloading import config_of, hang_up, rendered, replace
from standin.tls import TestRoot
from users_case import WithUsers
from waiting import wait_for


class Renewed(WithUsers):
    """A listener that asks for certificates."""

    def settings(self):
        self.root = TestRoot(self.folder / "files", "another root")
        self.people = ClientAuthority(self.folder, "people")
        self.alice = self.people.issue("alice", "URI:spiffe://corp/alice")
        self.bob = self.people.issue("bob", "URI:spiffe://corp/bob")
        self.certificate = self.folder / "listener.pem"
        shutil.copy(self.root.leaf("localhost"), self.certificate)
        self.revocations = self.people.revocations()
        tls = {"certificate": str(self.certificate), "key": str(self.folder / "files/leaf.key"),
               "client_ca": str(self.people.certificate), "crl": str(self.revocations)}
        return {"listen": [{"address": "127.0.0.1:0", "auth": "mtls", "tls": tls}]}

    def enter(self, shown=None):
        outer = enter_tls(self.gateway.port, self.root.certificate, "localhost", shown or self.alice)
        self.addCleanup(outer.close)
        return outer

    def connected(self, shown=None):
        """A tunnel to the intercepted host, and the TLS inside it."""
        outer = self.enter(shown)
        outer.sendall(connect_head())
        self.assertEqual(read_answer(outer)[0].status, 200)
        return Nested(outer, trusting(self.world.bundle), HOST)

    def ask(self, inner):
        inner.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
        return read_answer(inner)[0].status

    def renew_certificate(self, days=8):
        replace(self.certificate, self.root.leaf("localhost", days).read_text())

    def revoke_alice(self):
        new = self.people.revocations(self.alice[0], name="new.pem")
        replace(self.revocations, new.read_text())

    def serial(self):
        return self.enter().getpeercert()["serialNumber"]

    def line_of(self, what):
        return wait_for(lambda: [line["message"] for line in self.gateway.audit("policy")
                                 if f"{what} of 127.0.0.1:{self.gateway.port}" in line["message"]],
                        f"the record of {what}")[-1]

    def test_who_is_connected_goes_on_with_another_certificate(self):
        inner, begun, before = self.connected(), self.enter(), self.serial()
        self.assertEqual(self.ask(inner), 200)
        begun.sendall(connect_head()[:9])
        self.renew_certificate()
        hang_up(self.gateway)
        self.assertRegex(self.line_of("certificate"), r"changed: certificate of [0-9.:]+$")
        self.assertEqual(self.ask(inner), 200)
        begun.sendall(connect_head()[9:])
        self.assertEqual(read_answer(begun)[0].status, 200)
        self.assertNotEqual(self.serial(), before)

    def test_another_place_of_the_certificate(self):
        inner = self.connected()
        moved = self.folder / "moved.pem"
        shutil.copy(self.certificate, moved)
        text = rendered(self.gateway).replace(str(self.certificate), str(moved))
        replace(self.gateway.config_file, text)
        hang_up(self.gateway)
        self.line_of("certificate")
        self.assertEqual(self.ask(inner), 200)

    def test_nobody_who_is_connected_goes_on_with_other_revocations(self):
        inner = self.connected()
        self.renew_certificate()
        self.revoke_alice()
        hang_up(self.gateway)
        self.line_of("certificate and client CAs or revocation lists")
        self.assertEqual(read_to_end(inner._outer), b"")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.enter().recv(1)
        self.connected(self.bob)

    def test_and_not_after_a_certificate_either(self):
        """What a renewed certificate left in force is still what a later reload takes away."""
        inner = self.connected()
        self.renew_certificate()
        hang_up(self.gateway)
        self.line_of("certificate")
        self.revoke_alice()
        hang_up(self.gateway)
        self.line_of("client CAs or revocation lists")
        self.assertEqual(read_to_end(inner._outer), b"")

    def test_nobody_who_is_connected_goes_on_where_more_is_asked_for(self):
        """The certificate beside it does not hide that."""
        for name, change in (("auth", {"auth": "basic"}), ("clients", {"clients": ["127.0.0.0/9"]}),
                             ("crl", {"crl": str(self.people.revocations(name="other.pem"))})):
            with self.subTest(name):
                inner = self.connected()
                config = config_of(self.gateway)
                listener = config["listen"][0]
                before = len(self.gateway.audit("policy"))
                (listener["tls"] if name == "crl" else listener).update(change)
                self.renew_certificate(9 + len(name))
                replace(self.gateway.config_file, json.dumps(config))
                hang_up(self.gateway)
                # The watch may have seen the certificate before the configuration was there.
                said = wait_for(lambda before=before: [
                    line["message"] for line in self.gateway.audit("policy")[before:]
                    if "who may come in by" in line["message"]], "the record")
                self.assertEqual(len(said), 1)
                self.assertTrue(any("certificate" in line["message"] for line in
                                    self.gateway.audit("policy")[before:]))
                self.assertEqual(read_to_end(inner._outer), b"")
                listener["auth"] = "mtls"
                replace(self.gateway.config_file, json.dumps(config))
                hang_up(self.gateway)

    def test_where_users_are_known_by_passwords(self):
        config = config_of(self.gateway)
        listener = config["listen"][0]
        listener["auth"] = "basic"
        listener["tls"] = {name: listener["tls"][name] for name in ("certificate", "key")}
        replace(self.gateway.config_file, json.dumps(config))
        hang_up(self.gateway)
        alice = f"Proxy-Authorization: {basic('alice', PASSWORD)}"
        outer, late = self.enter(), self.enter()
        outer.sendall(connect_head(HOST, 443, alice))
        self.assertEqual(read_answer(outer)[0].status, 200)
        inner = Nested(outer, trusting(self.world.bundle), HOST)
        self.renew_certificate()
        hang_up(self.gateway)
        self.line_of("certificate")
        self.assertEqual(self.ask(inner), 200)
        late.sendall(connect_head(HOST, 443, alice))
        self.assertEqual(read_answer(late)[0].status, 200)
        self.renew_certificate(9)
        self.put_users("bob")
        hang_up(self.gateway)
        self.line_of("certificate and users")
        self.assertEqual(read_to_end(outer), b"")


if __name__ == "__main__":
    unittest.main()
