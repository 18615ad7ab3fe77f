"""Reload: all or nothing, whatever asks for it, and nobody who is connected notices."""

import hashlib
import os
import signal
import socket
import threading
import time
import unittest

from case import EndToEnd, assert_chain
from clients import ALICE, TARGET
from identity_case import CHANNEL
from raw import (HOST, client_hello, connect, exchange, open_tls, read_answer, read_to_end, signed,
                 trusting)
from reloading import configure, hang_up, reloads, rendered, replace
from servers import Server, free_port
from waiting import wait_for
from world import POLICY, World

SESSION = {"Target": TARGET}
FORWARD = {"Target": TARGET, "DocumentName": "AWS-StartPortForwardingSession",
           "Parameters": {"portNumber": ["22"]}}
SHELL_ONLY = "version: 1\nallow:\n- id: shell\n  documents: [SSM-SessionManagerRunShell]\n"
FORWARD_ONLY = ("version: 1\nallow:\n- id: forward\n  documents: "
                "[AWS-StartPortForwardingSession]\n  ports: any\n")
BROKEN = "version: 1\nallow:\n- id: shell\n  documnets: [x]\n- id: shell\n  documents: [y*]\n"


def revision(text):
    return hashlib.sha256(text.encode()).hexdigest()


def echo(stream):
    while data := stream.recv(65536):
        stream.sendall(data)


class Fresh(EndToEnd):
    """A gateway of its own for each test."""

    def setUp(self):
        self.world = World(policy=self.policy, **self.changes)
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway
        self.policy_file = self.gateway.folder / "policy.yaml"
        self.mark()

    def status(self, body, stream=None):
        request = signed(ALICE, "StartSession", body)
        if stream is None:
            return exchange(self.world, request).status
        stream.sendall(request)
        return read_answer(stream)[0].status

    def wait_for_revision(self, text):
        wait_for(lambda: [line for line in self.gateway.audit("policy")
                          if line["policy_revision"] == revision(text)], "the policy's line")


class Policy(Fresh):
    def test_sighup_puts_a_new_policy_in_force_and_says_so(self):
        self.assertEqual(self.status(FORWARD), 200)
        replace(self.policy_file, SHELL_ONLY)
        hang_up(self.gateway)
        self.assertEqual(self.status(FORWARD), 400)
        self.assertEqual(self.status(SESSION), 200)
        line, = self.gateway.audit("policy")
        self.assertEqual(line["policy_revision"], revision(SHELL_ONLY))
        self.assertIn(revision(POLICY), line["message"])
        self.assertRegex(line["message"], r"\((SIGHUP|file)\)")
        events = [line["event"] for line in self.gateway.audit()]
        self.assertLess(events.index("policy"), len(events) - 1)
        assert_chain(self, self.gateway.audit_file.read_bytes())

    def test_a_connection_that_is_open_is_judged_by_the_new_policy(self):
        with open_tls(self.world) as stream:
            self.assertEqual(self.status(FORWARD, stream), 200)
            replace(self.policy_file, SHELL_ONLY)
            hang_up(self.gateway)
            self.assertEqual(self.status(FORWARD, stream), 400)
            self.assertEqual(self.status(SESSION, stream), 200)

    def test_every_way_of_changing_a_file_is_seen(self):
        def in_place(text):
            self.policy_file.write_text(text)

        def remade(text):
            self.policy_file.unlink()
            self.policy_file.write_text(text)

        for number, change in enumerate((in_place, lambda text: replace(self.policy_file, text),
                                         remade)):
            with self.subTest(number):
                text = SHELL_ONLY + f"# {number}\n"
                change(text)
                self.wait_for_revision(text)
        self.assertIn("(file)", self.gateway.audit("policy")[0]["message"])
        self.assertEqual(reloads(self.gateway, "SIGHUP"), [])

    def test_a_broken_policy_leaves_the_old_one_in_force(self):
        replace(self.policy_file, BROKEN)
        said = hang_up(self.gateway)
        for place in ("4:3: error: ", "5:3: error: ", "5:7: error: "):
            if place != "5:3: error: ":
                self.assertIn(f"{self.policy_file}:{place}", said)
        self.assertIn("refused", said)
        self.assertEqual((self.status(FORWARD), self.status(SESSION)), (200, 200))
        self.assertEqual(self.gateway.audit("policy"), [])
        # Mended: taken without a word from anyone.
        replace(self.policy_file, SHELL_ONLY)
        self.wait_for_revision(SHELL_ONLY)

    def test_a_file_that_is_gone_or_no_file_leaves_the_old_one_in_force(self):
        self.policy_file.unlink()
        self.assertIn("refused", hang_up(self.gateway))
        os.mkfifo(self.policy_file)
        self.assertIn("no regular file", hang_up(self.gateway))
        self.assertEqual(self.status(FORWARD), 200)

    def test_nothing_changed_is_no_event(self):
        self.assertIn("reload (SIGHUP): no change", hang_up(self.gateway))
        self.assertEqual(self.gateway.audit("policy"), [])


class Kubernetes(Fresh):
    def test_a_swapped_symbolic_link_is_seen(self):
        """A ConfigMap's volume: FILE → ..data/FILE, ..data → a folder, and ..data is renamed."""
        mount = self.gateway.folder / "mount"
        for version, text in (("..1", POLICY), ("..2", SHELL_ONLY)):
            (mount / version).mkdir(parents=True)
            (mount / version / "policy.yaml").write_text(text)
        (mount / "..data").symlink_to("..1")
        (mount / "policy.yaml").symlink_to("..data/policy.yaml")
        configure(self.gateway, policy=str(mount / "policy.yaml"))
        self.assertEqual(self.status(FORWARD), 200)
        (mount / "..data_tmp").symlink_to("..2")
        os.rename(mount / "..data_tmp", mount / "..data")
        self.wait_for_revision(SHELL_ONLY)
        self.assertEqual(self.status(FORWARD), 400)


class Configuration(Fresh):
    def test_a_broken_configuration_changes_nothing_at_all(self):
        replace(self.policy_file, SHELL_ONLY + "# not to be taken\n")
        text = rendered(self.gateway, limits={"connections": "many"}, polcy="x")
        self.gateway.config_file.write_text(text)
        said = hang_up(self.gateway, reasons=2)
        self.assertEqual(said.count(f"{self.gateway.config_file}:"), 2, said)
        self.assertRegex(said, r"ssmgate\.yaml:\d+:\d+: error: ")
        self.assertEqual(self.status(FORWARD), 200)

    def test_an_empty_configuration_is_a_slip(self):
        self.gateway.config_file.write_text("\n")
        self.assertIn("is empty", hang_up(self.gateway))
        self.assertEqual(self.status(FORWARD), 200)

    def test_the_state_folder_cannot_change_and_is_named(self):
        said = configure(self.gateway, state=str(self.gateway.folder / "other"),
                         egress={"default": "refuse"})
        self.assertRegex(said, r"ssmgate\.yaml:\d+:\d+: error: `state` cannot change")
        # Nor has anything else of the file been taken: a 403 would be the answer.
        connect(self.gateway.port, "elsewhere.example.test").close()

    def test_a_ca_that_is_gone_is_not_made_anew(self):
        before = self.gateway.ca.read_bytes()
        for name in ("ca.pem", "ca.key"):
            (self.gateway.folder / name).rename(self.gateway.folder / f"{name}.away")
        self.assertIn("bring both files back", hang_up(self.gateway))
        self.assertEqual(self.status(SESSION), 200)
        for name in ("ca.pem", "ca.key"):
            (self.gateway.folder / f"{name}.away").rename(self.gateway.folder / name)
        self.assertIn("no change", hang_up(self.gateway))
        self.assertEqual(before, self.gateway.ca.read_bytes())

    def test_warm_connections_are_kept_unless_upstream_changed(self):
        def connection():
            self.assertEqual(self.status(SESSION), 200)
            return self.world.stand_in.records("request")[-1]["conn"]

        def is_old():
            # Two are warm after the first request, its own and the spare; a third is ever newer.
            return connection() <= 2

        self.assertTrue(is_old())
        replace(self.policy_file, SHELL_ONLY)
        hang_up(self.gateway)
        self.assertTrue(is_old())
        configure(self.gateway, upstream={"connect_timeout": "4s"})
        self.assertFalse(is_old())

    def test_limits_hold_for_new_connections(self):
        with open_tls(self.world) as kept:
            configure(self.gateway, limits={"connections_per_client": 1})
            with socket.create_connection(("127.0.0.1", self.gateway.port), 10) as more:
                more.sendall(b"CONNECT x:443 HTTP/1.0\r\n\r\n")
                with self.assertRaises(OSError):
                    if more.recv(1) == b"":
                        raise OSError
            self.assertEqual(self.status(SESSION, kept), 200)

    def test_the_audit_log_moves_without_a_gap(self):
        self.assertEqual(self.status(SESSION), 200)
        moved = self.gateway.folder / "moved.jsonl"
        configure(self.gateway, audit={"sinks": [{"type": "file", "path": str(moved)}]})
        wait_for(lambda: self.gateway.audit("stop"), "the old log's end")
        self.assertIn("moved the audit log away", self.gateway.audit()[-1]["message"])
        self.gateway.audit_file, old = moved, self.gateway.audit_file
        begun = wait_for(lambda: self.gateway.audit("start"), "the new log's beginning")
        self.assertIn("moved the audit log here", begun[0]["message"])
        self.assertEqual(self.status(SESSION), 200)
        self.assertEqual(len(self.gateway.audit("decision")), 1)
        for file in (old, moved):
            assert_chain(self, file.read_bytes())


class Listening(Fresh):
    def listen(self, *ports):
        return [{"address": f"127.0.0.1:{port}"} for port in (0, *ports)]

    def test_one_is_added_and_taken_away(self):
        port, kept = free_port(), self.gateway.port
        configure(self.gateway, listen=self.listen(port))
        stream = trusting(self.world.bundle).wrap_socket(connect(port), server_hostname=HOST)
        with stream:
            self.assertEqual(self.status(SESSION, stream), 200)
            said = configure(self.gateway, listen=self.listen())
            self.assertIn(f"no longer listening on 127.0.0.1:{port}", said)
            wait_for(lambda: not self.answers(port), "the listener to close")
            self.assertEqual(read_to_end(stream), b"")
        self.assertTrue(self.answers(kept))
        self.assertEqual(self.status(SESSION), 200)

    @staticmethod
    def answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), 10).close()
            return True
        except ConnectionError:
            return False

    def test_a_port_that_is_taken_undoes_everything(self):
        free = free_port()
        replace(self.policy_file, SHELL_ONLY)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            said = configure(self.gateway, listen=self.listen(free, taken.getsockname()[1]))
            self.assertIn("cannot listen on", said)
            self.assertFalse(self.answers(free))

    def test_an_address_of_no_interface(self):
        said = configure(self.gateway, listen=[{"address": "203.0.113.9:0", "insecure": True,
                                                "clients": ["127.0.0.1"]}])
        self.assertIn("no interface of this machine has that address", said)

    def test_clients_of_a_listener_that_stays_change_in_place(self):
        before = self.gateway.port
        configure(self.gateway, listen=[{"address": "127.0.0.1:0", "clients": ["10.0.0.0/8"]}])
        answer = exchange(self.world, signed(ALICE, "StartSession", SESSION))
        self.assertIn("client-not-allowed", answer.json["message"])
        self.assertEqual(before, self.gateway.port)


class Tunnels(Fresh):
    changes = {"egress": {"deny_addresses": ["multicast"]}}

    def test_an_open_tunnel_goes_on_when_a_new_one_would_be_refused(self):
        with Server(echo) as server:
            name = "echo.example.test"
            configure(self.gateway, upstream={"resolve": {f"{name}:443": server.address}})
            with connect(self.gateway.port, name) as stream:
                stream.sendall(b"one")
                self.assertEqual(stream.recv(3), b"one")
                configure(self.gateway, egress={"default": "refuse"})
                with self.assertRaises(AssertionError):
                    connect(self.gateway.port, name)
                stream.sendall(b"two")
                self.assertEqual(stream.recv(3), b"two")

    def test_a_silent_one_is_judged_by_what_is_in_force_when_it_speaks(self):
        with Server(echo) as server:
            name = "hidden.example.test"
            configure(self.gateway, upstream={"resolve": {f"{name}:443": server.address}},
                      sessions={"require_decision": False})
            with connect(self.gateway.port, name) as stream:
                wait_for(lambda: self.gateway.audit("connect"), "the way to be opened")
                configure(self.gateway, sessions={"require_decision": True})
                stream.sendall(client_hello(CHANNEL))
                self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: self.gateway.audit("result"), "the record")[-1]
        self.assertEqual((line["decision"], line["code"], line["closed_by"], line["bytes_up"]),
                         ("deny", "no-session", "policy", 0))


class Storm(Fresh):
    """Reloads without a pause beside requests without a pause."""

    SECONDS = 6
    policy = SHELL_ONLY

    def test_no_request_is_lost_and_none_judged_by_half_a_policy(self):
        over, failures, counts = threading.Event(), [], []
        threads = [threading.Thread(target=self.guarded, args=(work, over, failures, counts))
                   for work in (self.cold, self.cold, self.warm, self.warm, self.change)]
        for thread in threads:
            thread.start()
        time.sleep(self.SECONDS)
        try:
            wait_for(lambda: len(self.gateway.audit("policy")) > 3, "policies to have changed")
        finally:
            over.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.gateway.stop()
        self.judge(sum(counts))

    @staticmethod
    def guarded(work, over, failures, counts):
        try:
            counts.append(work(over))
        except Exception as error:  # noqa: BLE001 - whatever it is fails the test
            failures.append(f"{work.__name__}: {error!r}")

    def cold(self, over):
        count = 0
        while not over.is_set():
            count += 1
            self.assertIn(self.status((SESSION, FORWARD)[count % 2]), (200, 400))
        return count

    def warm(self, over):
        count = 0
        with open_tls(self.world) as stream:
            while not over.is_set():
                count += 1
                self.assertIn(self.status((SESSION, FORWARD)[count % 2], stream), (200, 400))
        return count

    def change(self, over):
        number = 0
        while not over.wait(0.02):
            number += 1
            text = (SHELL_ONLY, FORWARD_ONLY, BROKEN)[number % 3]
            replace(self.policy_file, text)
            if number % 5 == 0:
                replace(self.gateway.config_file, rendered(
                    self.gateway, upstream={"connect_timeout": f"{number % 7 + 1}s"}))
            self.gateway.process.send_signal(signal.SIGHUP)
        return 0

    def judge(self, sent):
        rules = {revision(SHELL_ONLY): "shell", revision(FORWARD_ONLY): "forward"}
        decided = self.gateway.audit("decision")
        self.assertEqual(len(decided), sent)
        for line in decided:
            wanted = "forward" if line.get("document") else "shell"  # absent: the default
            allowed = rules[line["policy_revision"]] == wanted
            self.assertEqual((line["decision"], line.get("rule")),
                             ("allow", wanted) if allowed else ("deny", None), line)
        results = self.gateway.audit("result")
        self.assertEqual(len(results), len([line for line in decided
                                            if line["decision"] == "allow"]))
        self.assertEqual([line for line in results if line.get("decision") == "error"], [])
        assert_chain(self, self.gateway.audit_file.read_bytes())


class AtTheEnd(Fresh):
    def test_reloads_beside_a_drain_end_in_good_order(self):
        with open_tls(self.world) as stream:
            self.assertEqual(self.status(SESSION, stream), 200)
            for number in range(20):
                replace(self.policy_file, SHELL_ONLY + f"# {number}\n")
                self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.process.send_signal(signal.SIGTERM)
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.stop()
        self.assertEqual(self.gateway.audit()[-1]["event"], "stop")


if __name__ == "__main__":
    unittest.main()
