"""The admin listener: who may ask it what, `status` and `reload`, and how it comes and goes."""

import http.client
import json
import socket
import stat
import unittest

import raw
from case import EndToEnd
from clients import ALICE, run
from reloading import config_of, rendered, replace
from waiting import wait_for
from world import POLICY, Gateway, World, program


def address_of(gateway):
    return (gateway.folder / "state" / "admin.address").read_text().strip()


def token_of(gateway):
    return (gateway.folder / "state" / "admin.token").read_text().strip()


def ask(gateway, method, path, body=None, **fields):
    """(status, body, fields) of one request over TCP."""
    host, port = address_of(gateway).rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request(method, path, body, headers=fields)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def ssmgate(world, *arguments, config=None):
    config = config or world.gateway.config_file
    return run([program(), *arguments, "--config", str(config)], world.surroundings())


class Admin(EndToEnd):
    def test_it_is_alive_and_ready(self):
        gateway = self.world.gateway
        status, body, _ = ask(gateway, "GET", "/healthz")
        self.assertEqual((status, json.loads(body)), (200, {"alive": True}))
        status, body, _ = ask(gateway, "GET", "/readyz")
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["checks"],
                         {name: "ok" for name in ("policy", "ca", "audit", "sessions", "listeners")})

    def test_its_status_names_what_is_in_force(self):
        gateway = self.world.gateway
        status, body, fields = ask(gateway, "GET", "/v1/status")
        self.assertEqual(status, 200)
        self.assertEqual(fields["Cache-Control"], "no-store")
        self.assertIsNone(fields["Access-Control-Allow-Origin"])
        told = json.loads(body)
        self.assertTrue(told["healthy"], told)
        self.assertEqual(told["configuration"], str(gateway.config_file))
        self.assertEqual(told["policy"]["file"], str(gateway.folder / "policy.yaml"))
        self.assertEqual(told["policy"]["mode"], "enforce")
        self.assertEqual(told["policy"]["allow_rules"], 3)
        self.assertEqual([each["address"] for each in told["listeners"]],
                         [f"127.0.0.1:{gateway.port}"])
        self.assertGreater(told["ca"]["days_left"], 300)
        self.assertEqual([(each["name"], each["ok"]) for each in told["audit"]["sinks"]],
                         [(str(gateway.audit_file), True)])

    def test_a_rebound_name_and_a_page_of_another_site_learn_nothing(self):
        gateway = self.world.gateway
        for fields in ({"Host": "evil.example"}, {"Origin": "https://evil.example"},
                       {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}):
            status, body, _ = ask(gateway, "GET", "/v1/status", **fields)
            self.assertEqual(status, 403, fields)
            self.assertEqual(list(json.loads(body)), ["error"])

    def test_changing_needs_the_token(self):
        gateway = self.world.gateway
        for fields in ({}, {"Authorization": "Bearer " + "0" * 64}):
            status, body, _ = ask(gateway, "POST", "/v1/reload", **fields)
            self.assertEqual(status, 401, body)
        token = f"Bearer {token_of(gateway)}"
        self.assertEqual(ask(gateway, "POST", "/v1/reload", Authorization=token)[0], 200)
        status, _, fields = ask(gateway, "GET", "/v1/reload", Authorization=token)
        self.assertEqual((status, fields["Allow"]), (405, "POST"))

    def test_the_token_is_its_users_alone_and_nowhere_else(self):
        gateway = self.world.gateway
        file = gateway.folder / "state" / "admin.token"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertNotIn(token_of(gateway), gateway.log.text)
        self.assertNotIn(token_of(gateway), ask(gateway, "GET", "/v1/status")[1].decode())

    def test_what_is_no_request_is_answered_and_does_no_harm(self):
        gateway = self.world.gateway
        host, port = address_of(gateway).rsplit(":", 1)
        for sent, begins in ((b"\x16\x03\x01\x00\xa5\x01", b"HTTP/1.1 400 "),
                             (b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 505 "),
                             (b"GET / HTTP/1.1\r\nX: " + b"x" * 20000, b"HTTP/1.1 431 "),
                             (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 ")):
            with socket.create_connection((host, int(port)), 30) as stream:
                stream.sendall(sent)
                stream.shutdown(socket.SHUT_WR)
                self.assertTrue(stream.recv(65536).startswith(begins), sent)
        self.assertEqual(ask(gateway, "GET", "/healthz")[0], 200)

    def test_more_connections_than_it_takes_are_hung_up_on(self):
        gateway = self.world.gateway
        host, port = address_of(gateway).rsplit(":", 1)
        held = [socket.create_connection((host, int(port)), 30) for _ in range(64)]
        try:
            def is_full():
                with socket.create_connection((host, int(port)), 30) as more:
                    return more.recv(1) == b""
            self.assertTrue(is_full())
        finally:
            for stream in held:
                stream.close()

        def answers():
            try:
                return ask(gateway, "GET", "/healthz")[0] == 200
            except OSError:
                return False
        wait_for(answers, "room for another")

    def test_a_tunnel_does_not_lead_to_it(self):
        gateway = self.world.gateway
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        connection.request("CONNECT", address_of(gateway),
                           headers={"Host": address_of(gateway)})
        self.assertEqual(connection.getresponse().status, 403)
        connection.close()

    def test_the_operators_log_says_every_decision_at_debug_and_nothing_secret(self):
        gateway = self.world.gateway
        token = f"Bearer {token_of(gateway)}"

        def level(word, **fields):
            return ask(gateway, "PUT", "/v1/log-level", word, **fields)[0]
        self.assertEqual(level("debug"), 401)
        self.assertEqual(level("chatty", Authorization=token), 422)
        before = len(gateway.log.text)
        self.assertEqual(level("debug", Authorization=token), 200)
        body = json.dumps({"Target": "i-0123456789abcdef0", "DocumentName": "No\u001b[2J"}).encode()
        raw.exchange(self.world, raw.signed(ALICE, "StartSession", body))
        line = self.decisions()[-1]
        wait_for(lambda: f"[request id {line['request_id']}]" in gateway.log.text[before:],
                 "the decision's line")
        said = gateway.log.text[before:]
        self.assertIn("decision malformed", said)
        for hidden in ("\x1b", "Signature=", ALICE.secret):
            self.assertNotIn(hidden, said)
        self.assertEqual(level("info", Authorization=token), 200)
        self.assertEqual(json.loads(ask(gateway, "GET", "/v1/log-level")[1]), {"level": "info"})

    def test_status_for_a_person_and_for_a_program(self):
        result = ssmgate(self.world, "status")
        self.assertEqual(result.status, 0, result.err)
        for words in ("healthy", "policy.yaml", f"127.0.0.1:{self.world.gateway.port}", "audit"):
            self.assertIn(words, result.out)
        result = ssmgate(self.world, "status", "--json")
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(json.loads(result.out)["healthy"])


class Reload(EndToEnd):
    def test_a_reload_is_waited_for(self):
        gateway = self.world.gateway
        before = json.loads(ask(gateway, "GET", "/v1/status")[1])["policy"]["revision"]
        replace(gateway.folder / "policy.yaml", POLICY + "# another revision\n")
        result = ssmgate(self.world, "reload")
        self.assertEqual(result.status, 0, result.err)
        after = json.loads(ask(gateway, "GET", "/v1/status")[1])["policy"]["revision"]
        self.assertNotEqual(before, after)

    def test_a_refused_one_says_every_error_and_status_goes_on_saying_it(self):
        gateway = self.world.gateway
        good = (gateway.folder / "policy.yaml").read_text()
        replace(gateway.folder / "policy.yaml", "version: 1\nalow: []\n")
        result = ssmgate(self.world, "reload")
        self.assertEqual(result.status, 1)
        self.assertIn("policy.yaml:2:1: error:", result.err)
        self.assertIn("reload refused", result.err)
        result = ssmgate(self.world, "reload", "--json")
        self.assertEqual(result.status, 1)
        self.assertFalse(json.loads(result.out)["taken"])
        result = ssmgate(self.world, "status")
        self.assertEqual(result.status, 1)
        self.assertIn("the last reload was refused", result.out)
        self.assertIn("policy.yaml:2:1: error:", result.out)
        replace(gateway.folder / "policy.yaml", good)
        self.assertEqual(ssmgate(self.world, "reload").status, 0)
        self.assertEqual(ssmgate(self.world, "status").status, 0)

    def test_its_address_does_not_change_while_it_runs(self):
        gateway = self.world.gateway
        text = gateway.config_file.read_text()
        replace(gateway.config_file, rendered(gateway, admin={"address": "none"}))
        token = f"Bearer {token_of(gateway)}"
        status, body, _ = ask(gateway, "POST", "/v1/reload", Authorization=token)
        self.assertEqual(status, 422)
        self.assertIn("`admin` cannot change", json.loads(body)["lines"][0])
        replace(gateway.config_file, text)
        self.assertEqual(ask(gateway, "POST", "/v1/reload", Authorization=token)[0], 200)


class ComingAndGoing(unittest.TestCase):
    def test_a_unix_socket(self):
        with World(admin={"address": "unix:admin.sock"}) as world:
            gateway = world.gateway
            path = gateway.folder / "admin.sock"
            self.assertEqual(address_of(gateway), f"unix:{path}")
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(ssmgate(world, "status").status, 0)
            self.assertEqual(ssmgate(world, "reload").status, 0)
            gateway.stop()
            self.assertFalse(path.exists())

    def test_a_socket_that_a_crash_left_behind_is_replaced(self):
        with World(admin={"address": "unix:admin.sock"}) as world:
            gateway = world.gateway
            gateway.process.kill()
            gateway.process.wait()
            self.assertTrue((gateway.folder / "admin.sock").exists())
            result = ssmgate(world, "status")
            self.assertEqual(result.status, 2)
            self.assertIn("no gateway answers on unix:", result.err)
            gateway.start()
            self.assertEqual(ssmgate(world, "status").status, 0)

    def test_nobody_answers_once_it_has_ended(self):
        with World() as world:
            world.gateway.stop()
            self.assertFalse((world.gateway.folder / "state" / "admin.token").exists())
            for command in ("status", "reload"):
                result = ssmgate(world, command)
                self.assertEqual(result.status, 2)
                self.assertIn("no gateway runs with", result.err)
                self.assertEqual(result.err.count("\n"), 1)

    def test_a_mistake_in_the_file_does_not_hide_the_gateway_that_runs(self):
        with World() as world:
            file = world.gateway.config_file
            whole = file.read_text()
            file.write_text(json.dumps(dict(json.loads(whole), foo=1)))
            # `reload` first: after it `status` is 1, for a reload was refused.
            for command, status in ((("reload",), 1), (("status",), 1), (("sessions",), 0),
                                    (("sessions", "kill", "nobody-0"), 1)):
                result = ssmgate(world, *command)
                self.assertEqual(result.status, status, result.err)
                self.assertIn("unknown key `foo`", result.err)
            self.assertIn(f"warning: {file} has errors", ssmgate(world, "status").err)
            # Where nothing is left of it, the folder can be named.
            state = str(world.gateway.folder / "state")
            for text in ("listen: [", "", json.dumps(dict(json.loads(whole), state="other")),
                         whole.replace('"state"', '"stat"')):
                file.write_text(text)
                result = ssmgate(world, "status")
                self.assertEqual(result.status, 2, text)
                self.assertIn("--state", result.err)
                result = run([program(), "status", "--state", state], world.surroundings())
                self.assertEqual((result.status, result.err), (1, ""))
                self.assertIn("listener  ", result.out)
            result = ssmgate(world, "status", "--state", state)
            self.assertEqual(result.status, 2)
            self.assertIn("write one of `--config` and `--state`", result.err)

    def test_one_without_a_listener_is_told_from_one_that_does_not_run(self):
        with World(admin={"address": "none"}) as world:
            file = world.gateway.config_file
            config = config_of(world.gateway)
            config.update(admin={"address": "127.0.0.1:0"})
            file.write_text(json.dumps(config))
            result = ssmgate(world, "status")
            self.assertEqual(result.status, 2)
            self.assertIn(f"process {world.gateway.process.pid} runs with", result.err)
            self.assertIn("without an admin listener", result.err)

    def test_none_is_none(self):
        with World(admin={"address": "none"}) as world:
            wait_for(lambda: "admin: none" in world.gateway.log.text, "the operator's word")
            self.assertFalse((world.gateway.folder / "state" / "admin.address").exists())
            result = ssmgate(world, "status")
            self.assertEqual(result.status, 2)
            self.assertIn("admin: {address: none}", result.err)

    def test_an_address_that_is_taken_and_was_asked_for_ends_the_start(self):
        with World() as world:
            taken = address_of(world.gateway)
            file = world.folder / "second.yaml"
            config = config_of(world.gateway)
            config.update(admin={"address": taken}, state="second",
                          policy=str(world.gateway.folder / "policy.yaml"))
            file.write_text(json.dumps(config))
            result = ssmgate(world, "serve", config=file)
            self.assertEqual(result.status, 2)
            self.assertIn(f"the admin listener cannot listen on {taken}", result.err)
            # The first one's files are as they were.
            self.assertEqual(ssmgate(world, "status").status, 0)

    def test_a_command_notices_that_another_gateway_answers(self):
        with World() as world:
            other = Gateway(world.folder / "other", world.stand_in, world.surroundings())
            try:
                here = world.gateway.folder / "state" / "admin.address"
                here.write_text(address_of(other) + "\n")
                result = ssmgate(world, "status")
                self.assertEqual(result.status, 2)
                self.assertIn("it is another gateway", result.err)
            finally:
                other.stop()


if __name__ == "__main__":
    unittest.main()
