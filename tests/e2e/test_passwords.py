"""`auth: basic`: the real clients with right, wrong and no passwords; hostile fields; floods."""

import json
import os
import socket
import threading
import time
import unittest
from pathlib import Path

from clients import ALICE, TARGET, boto3, curl, javascript, start_session
from identities import OTHER_PASSWORD, PASSWORD, basic, crypt_hash, write_users
from identity_case import (CHANNEL, FILES, QUOTED, USERS_POLICY, Folder, ask, connect_head,
                           in_tls)
from raw import HOST, read_answer, read_to_end, signed
from reloading import configure, hang_up
from servers import free_port
from waiting import wait_for


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
        line = self.connect_line(endpoint=FILES, user="alice")
        self.assertEqual((line["auth"], line["decision"]), ("basic", "relay"))
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
            line = self.connect_line(endpoint=host, code="unauthenticated")
            self.assertEqual((line["decision"], "user" in line), ("deny", False))
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


class TakenOut(Folder):
    """A user who is taken out of the users file, on a connection that he has open."""

    policy = USERS_POLICY

    @classmethod
    def prepare(cls):
        cls.users = cls.folder / "users"
        cls.write("alice", "bob")
        return {"listen": [{"address": "127.0.0.1:0", "auth": "basic"}],
                "users_file": str(cls.users)}

    @classmethod
    def write(cls, *names):
        write_users(cls.users, *(f"{name}:{crypt_hash(PASSWORD)}" for name in names))

    def open(self, name):
        stream = socket.create_connection(("127.0.0.1", self.world.gateway.port), 30)
        self.addCleanup(stream.close)
        stream.sendall(connect_head(HOST, 443, f"Proxy-Authorization: {basic(name, PASSWORD)}"))
        self.assertEqual(read_answer(stream)[0].status, 200)
        secure = in_tls(self.world, stream)
        self.addCleanup(secure.close)
        return secure

    def ask(self, stream):
        stream.sendall(signed(ALICE, "StartSession", {"Target": TARGET}))
        return read_answer(stream)[0].status

    def test_the_connection_ends_and_the_next_is_refused(self):
        port = self.world.gateway.port
        stream = self.open("alice")
        self.assertEqual(self.ask(stream), 200)
        # What concerns no listener leaves it alone.
        configure(self.world.gateway, limits={"connections": 900})
        self.assertEqual(self.ask(stream), 200)
        configure(self.world.gateway, listen=[{"address": "127.0.0.1:0", "auth": "basic"},
                                              {"address": f"127.0.0.1:{free_port()}"}])
        self.assertEqual(self.ask(stream), 200)
        self.write("bob")
        hang_up(self.world.gateway)
        self.assertEqual(read_to_end(stream), b"")
        self.mark()
        answer = self.exchange(port, ["Proxy-Authorization: " + basic("alice", PASSWORD)])
        self.assert_unauthenticated(answer, "wrong")


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
        self.assertEqual(self.connect_line(code="over-limit")["user"], "alice")
        # On an SSM host it is told inside, and the next request comes on another connection.
        answer = self.exchange(self.world.gateway.port,
                               ["Proxy-Authorization: " + basic(*alice)], ("127.0.0.5", 0))
        self.assertIn("over-limit", answer.json["message"])
        self.assertEqual(answer.header("connection"), "close")
        # The address that alice has left is free for another, and for more than two connections.
        self.assertEqual([self.open("bob", OTHER_PASSWORD, "127.0.0.2") for _ in range(2)],
                         [200, 200])


if __name__ == "__main__":
    unittest.main()
