"""Which data channels are let through: those of sessions, to their owner, while they wait for one."""

import base64
import ssl
import subprocess
import time
import unittest

from case import EndToEnd
from clients import TARGET
from identity_case import CHANNEL, Folder
from raw import client_hello, connect, read_to_end
from session_client import Refused, Shared, call, connect_channel, dial, is_cut, resume, start, terminate
from waiting import wait_for
from world import World, program

OTHER_HOST = "ssmmessages.ap-northeast-1.amazonaws.com"
NEIGHBOUR = "127.0.0.2"
HIDDEN = "hidden.example.test"


class Sessions(EndToEnd):
    """A world whose window is short, so that a test can wait for its end."""

    changes = {"sessions": {"attach_window": "400ms", "max_per_user": 5}}

    addresses = iter(f"127.1.0.{number}" for number in range(1, 255))

    def setUp(self):
        super().setUp()
        self.source = next(Sessions.addresses)  # each test is a client of its own
        self.streams = []
        self.addCleanup(lambda: [stream.close() for stream in self.streams])
        self.connects = len(self.world.gateway.audit("connect"))

    def dial(self, **options):
        self.streams.append(dial(self.world, **{"source": self.source, **options}))
        return self.streams[-1]

    def resume(self, session, **options):
        return resume(self.world, session.session_id, **{"source": self.source, **options})

    def terminate(self, session, **options):
        return terminate(self.world, session.session_id, **{"source": self.source, **options})

    def refused(self, **options):
        """The record of a channel that was refused before its 200."""
        before = len(self.world.gateway.audit("connect"))
        with self.assertRaises(Refused) as caught:
            self.dial(**options)
        answer = caught.exception.answer
        self.assertEqual(answer.status, 403)
        self.assertEqual(answer.json["__type"], "AccessDeniedException")
        self.assertIn("no-session", answer.json["message"])
        line = wait_for(lambda: self.world.gateway.audit("connect")[before:], "the record")[-1]
        self.assertEqual((line["decision"], line["effect"], line["code"]),
                         ("deny", "refuse", "no-session"))
        return line

    def session(self):
        answer = start(self.world, source=self.source)
        return Shared(self.world, answer["SessionId"])


class Tie(Sessions):
    def test_a_channel_of_a_session(self):
        session = self.session()
        self.dial()
        line = wait_for(lambda: session.lines("connect"), "the record")[0]
        self.assertEqual((line["decision"], line["session_candidates"], line["rule"],
                          line["target"]), ("relay", 1, "shell", TARGET))
        self.assertNotIn("message", line)
        self.terminate(session)
        session.end()

    def test_no_session(self):
        line = self.refused()
        self.assertEqual(line["endpoint"], CHANNEL)
        wait_for(lambda: "sessions.without_start" in self.world.gateway.log.text,
                 "the operator's word")

    def test_after_the_window(self):
        session = self.session()
        session.end()
        self.refused()

    def test_another_address(self):
        session = self.session()
        self.refused(source=NEIGHBOUR)
        self.dial()
        self.terminate(session)

    def test_another_host(self):
        session = self.session()
        self.refused(host=OTHER_HOST)
        self.dial()
        self.terminate(session)

    def test_a_second_channel_beside_a_live_one(self):
        session = self.session()
        self.dial()
        wait_for(lambda: session.lines("connect"), "the tunnel")
        line = self.refused()
        self.assertIn("one at a time", line["message"])
        self.terminate(session)

    def test_two_sessions_have_two_channels_and_which_is_whose_is_uncertain(self):
        first = self.session()
        second = self.session()
        self.dial()
        line = wait_for(lambda: first.lines("connect"), "the record")[0]
        self.assertEqual(line["session_candidates"], 2)
        self.assertIn("may be another's", line["message"])
        self.dial()
        line = wait_for(lambda: second.lines("connect"), "the record")[0]
        self.assertEqual(line["session_candidates"], 2)
        self.refused()
        for session in (first, second):
            self.terminate(session)

    def hiding_world(self):
        """One where another host than the channel's leads to it."""
        channel = f"127.0.0.1:{self.world.stand_in.ports['channel_port']}"
        return World(upstream={"resolve": {f"{HIDDEN}:443": channel}}, egress={"deny_addresses": []})

    def dial_late(self, world):
        """A tunnel to that host; the channel's name comes once it has been opened."""
        stream = connect(world.gateway.port, HIDDEN)
        self.streams.append(stream)
        wait_for(lambda: [line for line in world.gateway.audit("connect")
                          if line["decision"] == "relay"], "the tunnel")
        stream.sendall(client_hello(CHANNEL))
        return stream

    def test_a_server_name_that_comes_inside_another_tunnel(self):
        with self.hiding_world() as world:
            with self.assertRaises((ssl.SSLError, OSError)):
                dial(world, host=HIDDEN, name=CHANNEL)
            line = wait_for(lambda: world.gateway.audit("connect"), "the record")[-1]
            self.assertEqual((line["decision"], line["code"]), ("deny", "no-session"))
            self.assertEqual(read_to_end(self.dial_late(world)), b"")
            line = wait_for(lambda: world.gateway.audit("result"), "the end")[-1]
            self.assertEqual((line["decision"], line["code"], line["bytes_up"]),
                             ("deny", "no-session", 0))

    def test_a_channel_s_name_that_comes_late(self):
        with self.hiding_world() as world:
            session = Shared(world, start(world)["SessionId"])
            stream = self.dial_late(world)
            self.assertEqual(stream.recv(1), b"\x16")  # the channel's own ServerHello
            line = wait_for(lambda: session.lines("connect"), "the record")[0]
            self.assertEqual((line["decision"], line["endpoint"], line["session_candidates"],
                              line["target"]), ("relay", CHANNEL, 1, TARGET))
            tunnel = world.gateway.audit("connect")[0]
            self.assertEqual((tunnel["endpoint"], tunnel["request_id"]),
                             (HIDDEN, line["request_id"]))
            self.assertEqual(terminate(world, session.session_id).status, 200)
            session.end()

    def test_another_channel_s_name_that_comes_late(self):
        """The end is the policy's doing, and the session's record has it."""
        session = self.session()
        with connect_channel(self.world, source=self.source) as stream:
            wait_for(lambda: session.lines("connect"), "the tunnel")
            stream.sendall(client_hello(OTHER_HOST))
            self.assertEqual(read_to_end(stream), b"")
        line = wait_for(lambda: session.lines("result")[1:], "the record")[0]
        self.assertEqual((line["decision"], line["code"], line["closed_by"], line["bytes_up"]),
                         ("deny", "no-session", "policy", 0))
        self.terminate(session)

    def test_another_server_name_inside_than_the_session_s(self):
        session = self.session()
        with self.assertRaises((ssl.SSLError, OSError)):
            self.dial(name=OTHER_HOST)
        line = wait_for(lambda: self.world.gateway.audit("connect")[self.connects:],
                        "the record")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "no-session"))
        self.dial()
        self.terminate(session)

    def test_as_many_sessions_as_a_user_may_have(self):
        sessions = [self.session() for _ in range(5)]
        answer = call(self.world, "StartSession", {"Target": TARGET}, source=self.source)
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json["__type"], "AccessDeniedException")
        self.assertIn("too-many-sessions", answer.json["message"])
        line = self.decisions()[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", "too-many-sessions"))
        self.terminate(sessions[0])
        start(self.world, source=self.source)


class Ends(Sessions):
    def test_terminate_cuts_and_records_once(self):
        session = self.session()
        stream = self.dial()
        wait_for(lambda: session.lines("connect"), "the tunnel")
        self.assertEqual(self.terminate(session).status, 200)
        self.assertTrue(is_cut(stream))
        line = session.end()
        self.assertEqual((line["closed_by"], line["reconnects"], line["rule"], line["target"]),
                         ("client", 0, "shell", TARGET))
        self.assertGreater(line["bytes_up"], 0)
        self.assertGreater(line["bytes_down"], 0)
        answer = self.resume(session)
        self.assertIn("no-session", answer.json["message"])
        result = wait_for(lambda: [found for found in session.lines("result")
                                   if "bytes_up" in found], "the tunnel's end")[0]
        self.assertEqual(result["bytes_up"], line["bytes_up"])

    def test_a_channel_that_is_killed_before_it_speaks(self):
        session = self.session()
        begun = time.monotonic()
        with connect_channel(self.world, source=self.source) as stream:
            words = [program(), "sessions", "kill", "--config", str(self.world.gateway.config_file),
                     session.session_id]
            killed = subprocess.run(words, env=self.world.surroundings(), capture_output=True)
            self.assertEqual(killed.returncode, 0, killed.stderr)
            self.assertEqual(read_to_end(stream), b"")
        in_silence = time.monotonic() - begun < 0.3
        self.assertEqual(session.end()["closed_by"], "killed")
        # Its tunnel, or what would have become one: the way is opened after a moment of silence.
        lines = wait_for(lambda: [line for line in self.world.gateway.audit()
                                  if line.get("client") == self.source and "closed_by" in line and
                                  line["event"] in ("connect", "result")], "the channel's end")
        self.assertEqual([line["closed_by"] for line in lines], ["killed"])
        if in_silence:  # no way was opened for it
            self.assertEqual(lines[0]["event"], "connect")

    def test_a_terminate_with_another_member(self):
        """Which of the two AWS ends is AWS's to say; it ends nobody's here but the caller's."""
        session = self.session()
        stream = self.dial()
        body = b'{"SessionId":"%s","sessionId":"bob-01"}' % session.session_id.encode()
        self.assertEqual(call(self.world, "TerminateSession", body, source=self.source).status, 200)
        self.assertTrue(is_cut(stream))
        self.assertEqual(session.end()["closed_by"], "client")

    def test_a_stranger_s_terminate_is_relayed_and_cuts_nothing(self):
        session = self.session()
        stream = self.dial()
        self.mark()
        self.terminate(session, source=NEIGHBOUR)
        self.assert_relayed("TerminateSession")
        self.assertEqual(session.lines("session-end"), [])
        stream.close()

    def test_a_loss_and_a_return_within_the_window(self):
        session = self.session()
        self.dial().close()
        wait_for(lambda: [line for line in session.lines("result") if "bytes_up" in line],
                 "the loss")
        self.dial().close()
        line = session.end()
        self.assertEqual((line["closed_by"], line["reconnects"]), ("client", 1))

    def test_a_session_without_a_channel_ends_with_its_window(self):
        line = self.session().end()
        self.assertEqual((line["closed_by"], line["bytes_up"]), ("client", 0))
        self.assertIn("no data channel", line["message"])


class Resume(Sessions):
    def test_one_s_own_after_the_window(self):
        session = self.session()
        session.end()
        self.assertEqual(self.resume(session).status, 200)
        self.dial().close()
        self.assertEqual(session.end(2)["reconnects"], 0)

    def test_a_new_channel_takes_the_place_of_a_dead_one(self):
        session = self.session()
        old = self.dial()
        wait_for(lambda: session.lines("connect"), "the tunnel")
        self.assertEqual(self.resume(session).status, 200)
        self.dial()
        self.assertTrue(is_cut(old))
        self.assertEqual(session.lines("session-end"), [])

    def assert_not_mine(self, answer, code="not-your-session"):
        self.assertEqual(answer.status, 400)
        self.assertIn(code, answer.json["message"])
        self.assertEqual(self.reached("ResumeSession"), [])
        line = self.decisions("ResumeSession")[-1]
        self.assertEqual((line["decision"], line["code"]), ("deny", code))

    def test_a_stranger_s_and_an_unknown_one(self):
        session = self.session()
        self.assert_not_mine(self.resume(session, source=NEIGHBOUR))
        self.assert_not_mine(resume(self.world, "alice-00000000000000000", source=self.source))

    def test_a_body_that_two_readers_read_differently(self):
        session = self.session()
        mine = session.session_id.encode()
        for body in (b'{"SessionId":"%s","SessionId":"bob-01"}' % mine,
                     b'{"SessionId":"%s","Session\\u0049d":"bob-01"}' % mine,
                     b'{"SessionId":"%s","sessionId":"bob-01"}' % mine,
                     b'{"SESSIONID":"bob-01","SessionId":"%s"}' % mine,
                     b'{"SessionId":"%s","X":1}' % mine,
                     b'{"SessionId":"%s"}{}' % mine, b'[]', b'{"SessionId":["%s"]}' % mine):
            with self.subTest(body):
                self.assert_not_mine(call(self.world, "ResumeSession", body, source=self.source))


class Users(Folder):
    @classmethod
    def prepare(cls):
        users = cls.folder / "users"
        hashed = subprocess.run(["openssl", "passwd", "-6", "pw"], check=True,
                                capture_output=True, text=True).stdout.strip()
        users.write_text(f"alice:{hashed}\nbob:{hashed}\n")
        users.chmod(0o600)
        return {"users_file": str(users), "listen": [{"address": "127.0.0.1:0", "auth": "basic"}]}

    @staticmethod
    def as_user(name):
        pair = base64.b64encode(f"{name}:pw".encode()).decode()
        return (f"Proxy-Authorization: Basic {pair}",)

    def test_another_user_and_another_address_of_the_same_user(self):
        answer = start(self.world, fields=self.as_user("alice"))
        with self.assertRaises(Refused) as caught:
            dial(self.world, fields=self.as_user("bob"))
        self.assertIn("no-session", caught.exception.answer.json["message"])
        self.assertEqual(self.connect_line(code="no-session")["user"], "bob")
        # A user is who they are, wherever they are.
        dial(self.world, fields=self.as_user("alice"), source=NEIGHBOUR).close()
        line = resume(self.world, answer["SessionId"], fields=self.as_user("bob"))
        self.assertIn("not-your-session", line.json["message"])
        terminate(self.world, answer["SessionId"], fields=self.as_user("alice"))
        end = Shared(self.world, answer["SessionId"]).end()
        self.assertEqual(end["user"], "alice")


class Settings(unittest.TestCase):
    def test_without_a_decision(self):
        with World(sessions={"require_decision": False}) as world:
            dial(world).close()
            line = wait_for(lambda: world.gateway.audit("connect"), "the record")[-1]
            self.assertEqual(line["decision"], "relay")
            self.assertNotIn("session_id", line)

    def test_sessions_of_other_services(self):
        with World(sessions={"without_start": "allow"}) as world:
            dial(world).close()
            line = wait_for(lambda: world.gateway.audit("connect"), "the record")[-1]
            self.assertEqual(line["decision"], "relay")
            self.assertIn("without_start", line["message"])

    def test_resume_any(self):
        with World(sessions={"resume": "any"}) as world:
            session = Shared(world, start(world, source=NEIGHBOUR)["SessionId"])
            self.assertEqual(resume(world, session.session_id).status, 200)
            dial(world).close()
            with self.assertRaises(Refused):
                dial(world, source=NEIGHBOUR)
            terminate(world, session.session_id)
            session.end()
            answer = resume(world, session.session_id, source=NEIGHBOUR)
            self.assertIn("no-session", answer.json["message"])

    def test_a_broken_store_is_a_start_that_fails_in_words(self):
        with World() as world:
            gateway = world.gateway
            gateway.stop()
            (gateway.folder / "state" / "sessions.db").write_bytes(b"x" * 5000)
            with self.assertRaisesRegex(AssertionError, "damaged or no SQLite database"):
                gateway.start()
            (gateway.folder / "state" / "sessions.db").unlink()
            gateway.start()

    def test_two_gateways_do_not_share_a_store(self):
        with World() as world:
            second = subprocess.run([program(), "serve", "--config",
                                     str(world.gateway.config_file)], env=world.surroundings(),
                                    capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(second.returncode, 2)
            self.assertIn("in use by another ssmgate", second.stderr)


if __name__ == "__main__":
    unittest.main()
