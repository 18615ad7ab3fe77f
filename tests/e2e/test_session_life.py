"""Sessions in use: megabytes by checksum, cut and resumed, outliving the gateway, and ended by it."""

import asyncio
import datetime
import json
import os
import signal
import sqlite3
import unittest

from case import EndToEnd
from clients import BOB, TARGET, javascript, run
from identity_case import CHANNEL
from reloading import configure, hang_up, replace
from session_client import FORWARD, Channel, Refused, Shared, dial, resume, start, terminate
from waiting import wait_for
from world import POLICY, World, program

MEGABYTE = 1 << 20
SHELL_ONLY = "version: 1\nallow:\n- id: shell\n  documents: [SSM-SessionManagerRunShell]\n"


class Life(unittest.IsolatedAsyncioTestCase):
    """A world of its own for each test."""

    changes = {}

    def make(self, policy=POLICY, **changes):
        self.world = World(policy=policy, **changes)
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway
        # The client's end trusts the stand-in as the plugin trusts the system's roots.
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = str(self.world.stand_in.root)
        self.addCleanup(lambda: os.environ.pop("SSL_CERT_FILE") if before is None
                        else os.environ.update(SSL_CERT_FILE=before))
        return self.world

    async def open(self, document=FORWARD, **options):
        """A session with its channel open, and the lines about it."""
        answer = await asyncio.to_thread(start, self.world, document=document, **options)
        channel = await Channel(self.world, answer).open()
        self.addAsyncCleanup(channel.close)
        return channel, Shared(self.world, answer["SessionId"])

    async def come_back(self, channel, session):
        answer = await asyncio.to_thread(resume, self.world, session.session_id)
        self.assertEqual(answer.status, 200, answer.body)
        await channel.open(answer.json)

    async def end_of(self, session, count=1):
        return await asyncio.to_thread(session.end, count)


class Use(Life):
    async def test_a_forward_there_and_back_by_checksum(self):
        self.make()
        channel, session = await self.open()
        self.assertTrue(await channel.echo(4 * MEGABYTE))
        await asyncio.to_thread(terminate, self.world, session.session_id)
        line = await self.end_of(session)
        self.assertGreater(line["bytes_up"], 4 * MEGABYTE)
        self.assertGreater(line["bytes_down"], 4 * MEGABYTE)
        self.assertEqual((line["closed_by"], line["rule"], line["reconnects"]),
                         ("client", "forward", 0))

    async def test_a_shell_of_two_sessions_side_by_side(self):
        self.make()
        first, one = await self.open(document=None)
        second, two = await self.open(document=None)
        for channel in (first, second):
            await channel.send(b"echo mine\r")
            await channel.until(lambda: b"mine\r\n" in channel.received, "the shell's answer")
        await first.send(b"exit\r")
        await first.lost()
        await asyncio.to_thread(terminate, self.world, two.session_id)
        self.assertEqual((await self.end_of(two))["closed_by"], "client")
        self.assertEqual(one.lines("session-end"), [])

    async def test_cut_in_the_middle_and_resumed(self):
        self.make()
        channel, session = await self.open()
        self.assertTrue(await channel.echo(MEGABYTE))
        channel._socket._writer.transport.abort()
        await channel.lost()
        self.assertTrue(await asyncio.to_thread(
            wait_for, lambda: [line for line in session.lines("result") if "bytes_up" in line],
            "the loss"))
        await self.come_back(channel, session)
        self.assertTrue(await channel.echo(2 * MEGABYTE, seed=2))
        await asyncio.to_thread(terminate, self.world, session.session_id)
        line = await self.end_of(session)
        self.assertEqual(line["reconnects"], 1)
        self.assertGreater(line["bytes_up"], 3 * MEGABYTE)


class Restart(Life):
    async def outlive(self, how):
        self.make()
        channel, session = await self.open()
        self.assertTrue(await channel.echo(MEGABYTE))
        await asyncio.to_thread(how)
        await channel.lost()
        self.assertEqual(session.lines("session-end"), [])
        self.gateway.start()
        await self.come_back(channel, session)
        self.assertTrue(await channel.echo(MEGABYTE, seed=2))
        await asyncio.to_thread(terminate, self.world, session.session_id)
        return await self.end_of(session)

    async def test_a_session_outlives_a_restart(self):
        def restart():
            self.gateway.process.send_signal(signal.SIGTERM)
            self.gateway.process.send_signal(signal.SIGTERM)
            self.gateway.stop()
        line = await self.outlive(restart)
        self.assertEqual(line["reconnects"], 1)
        self.assertGreater(line["bytes_up"], 2 * MEGABYTE)

    async def test_a_session_outlives_a_kill(self):
        def kill():
            self.gateway.process.kill()
            self.gateway.process.wait()
        line = await self.outlive(kill)
        self.assertEqual((line["closed_by"], line["reconnects"]), ("client", 1))

    async def test_the_old_url_is_dialled_again_without_resuming(self):
        self.make()
        channel, session = await self.open()
        self.gateway.process.kill()
        self.gateway.process.wait()
        await channel.lost()
        self.gateway.start()
        await channel.open()
        self.assertTrue(await channel.echo(10_000))
        self.assertTrue(session.lines("connect"))

    async def test_who_does_not_come_back_after_a_restart_was_ended_by_it(self):
        self.make(sessions={"attach_window": "500ms"})
        _, session = await self.open()
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.gateway.start()
        self.assertEqual((await self.end_of(session))["closed_by"], "shutdown")

    async def test_nothing_secret_is_stored(self):
        self.make()
        channel, _ = await self.open()
        self.assertTrue(await channel.echo(100))
        self.gateway.stop()
        folder = self.gateway.folder / "state"
        stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        self.assertIn(b"alice-0", stored)
        for secret in (channel.answer["TokenValue"], "publish_subscribe", "/v1/data-channel"):
            self.assertNotIn(secret.encode(), stored)
        for path in folder.glob("sessions.db*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        database = sqlite3.connect(folder / "sessions.db")
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        database.close()


class Ended(Life):
    async def assert_ended(self, channel, session, closed_by):
        await channel.lost()
        line = await self.end_of(session)
        self.assertEqual(line["closed_by"], closed_by)
        answer = await asyncio.to_thread(resume, self.world, session.session_id)
        self.assertIn("no-session", answer.json["message"])
        with self.assertRaises(Refused):
            await asyncio.to_thread(dial, self.world)
        return line

    async def test_by_its_longest_duration(self):
        self.make(sessions={"max_duration": "1500ms"})
        channel, session = await self.open()
        self.assertTrue(await channel.echo(100_000))
        line = await self.assert_ended(channel, session, "max-duration")
        self.assertGreaterEqual(line["duration_ms"], 1500)
        self.assertGreater(line["bytes_up"], 100_000)

    async def test_by_its_rule(self):
        self.make(policy=POLICY.replace("id: forward\n", "id: forward\n    max_duration: 1500ms\n"))
        channel, session = await self.open()
        shell, other = await self.open(document=None)
        line = await self.assert_ended(channel, session, "max-duration")
        self.assertGreaterEqual(line["duration_ms"], 1500)
        allowed = next(line for line in self.gateway.audit("decision")
                       if line.get("rule") == "forward")
        self.assertIn("for 1500ms at the most", allowed["message"])
        self.assertEqual(other.lines("session-end"), [])
        await shell.send(b"echo still here\r")
        await shell.until(lambda: b"still here\r\n" in shell.received, "the shell")

    async def test_by_a_policy_that_gives_it_less_time(self):
        self.make(sessions={"on_policy_change": "revoke"})
        channel, session = await self.open()
        replace(self.gateway.folder / "policy.yaml",
                POLICY.replace("id: forward\n", "id: forward\n    max_duration: 1s\n"))
        await asyncio.to_thread(hang_up, self.gateway)
        await channel.lost()
        self.assertEqual((await self.end_of(session))["closed_by"], "max-duration")

    async def test_by_a_policy_that_no_longer_allows_it(self):
        self.make(sessions={"on_policy_change": "revoke"})
        channel, session = await self.open()
        shell, other = await self.open(document=None)
        replace(self.gateway.folder / "policy.yaml", SHELL_ONLY)
        await asyncio.to_thread(hang_up, self.gateway)
        await channel.lost()
        self.assertEqual((await self.end_of(session))["closed_by"], "policy")
        self.assertEqual(other.lines("session-end"), [])
        await shell.send(b"echo still here\r")
        await shell.until(lambda: b"still here\r\n" in shell.received, "the shell")

    async def test_a_policy_that_no_longer_allows_it_and_keep(self):
        self.make()
        channel, session = await self.open()
        replace(self.gateway.folder / "policy.yaml", SHELL_ONLY)
        await asyncio.to_thread(hang_up, self.gateway)
        self.assertTrue(await channel.echo(100_000))
        # It is judged again from then on.
        await asyncio.to_thread(configure, self.gateway, sessions={"on_policy_change": "revoke"})
        await channel.lost()
        self.assertEqual((await self.end_of(session))["closed_by"], "policy")

    async def test_by_its_rule_that_expires(self):
        self.make(sessions={"on_policy_change": "revoke"})
        channel, session = await self.open()
        # Whole seconds: the rule's end is two to three seconds from now.
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        replace(self.gateway.folder / "policy.yaml", "version: 1\nallow:\n- id: soon\n  documents: "
                "[AWS-StartPortForwardingSession]\n  ports: any\n  expires: "
                f"{end.strftime('%Y-%m-%dT%H:%M:%SZ')}\n")
        await asyncio.to_thread(hang_up, self.gateway)
        line = await self.assert_ended(channel, session, "policy")
        # At the moment, not at the next turn, which comes every half second.
        late = datetime.datetime.fromisoformat(line["time"]) - end.replace(microsecond=0)
        self.assertGreaterEqual(late.total_seconds(), 0)
        self.assertLess(late.total_seconds(), 0.5)

    async def test_by_a_policy_that_changed_while_the_gateway_was_away(self):
        self.make(sessions={"on_policy_change": "revoke"})
        channel, session = await self.open()
        self.gateway.process.kill()
        self.gateway.process.wait()
        await channel.lost()
        replace(self.gateway.folder / "policy.yaml", SHELL_ONLY)
        self.gateway.start()
        self.assertEqual((await self.end_of(session))["closed_by"], "policy")

    async def test_by_its_longest_duration_while_the_gateway_was_away(self):
        self.make(sessions={"max_duration": "1s"})
        channel, session = await self.open()
        self.gateway.process.kill()
        self.gateway.process.wait()
        await channel.lost()
        self.gateway.start()
        self.assertEqual((await self.end_of(session))["closed_by"], "max-duration")


class Command(Life):
    """`ssmgate sessions`."""

    def run_it(self, *arguments):
        command = [program(), "sessions", "--config", str(self.gateway.config_file), *arguments]
        return run(command, self.world.surroundings())

    async def test_it_lists_and_kills(self):
        self.make()
        self.assertEqual(self.run_it().out, "no sessions\n")
        channel, session = await self.open()
        self.assertTrue(await channel.echo(100_000))
        table = await asyncio.to_thread(self.run_it)
        self.assertEqual((table.status, table.err), (0, ""))
        row = table.out.split("\n")[1].split()
        self.assertEqual(row[:5], [session.session_id, "127.0.0.1",
                                   "AWS-StartPortForwardingSession", TARGET, ":22"])
        self.assertEqual(row[-1], "forward")
        listed = json.loads((await asyncio.to_thread(self.run_it, "--json")).out)
        self.assertEqual((listed["by_owner"], listed["by_rule"]),
                         ({"127.0.0.1": 1}, {"forward": 1}))
        one = listed["sessions"][0]
        self.assertEqual((one["session_id"], one["state"]), (session.session_id, "attached"))
        self.assertGreater(one["bytes_up"], 100_000)
        killed = await asyncio.to_thread(self.run_it, "kill", session.session_id)
        self.assertEqual(killed.status, 0, killed.err)
        self.assertIn(f"killed {session.session_id}", killed.out)
        await channel.lost()
        self.assertEqual((await self.end_of(session))["closed_by"], "killed")
        # It stays killed, also when the gateway is killed in turn.
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.gateway.start()
        answer = await asyncio.to_thread(resume, self.world, session.session_id)
        self.assertIn("no-session", answer.json["message"])
        again = await asyncio.to_thread(self.run_it, "kill", session.session_id)
        self.assertEqual(again.status, 1)
        self.assertIn("no session", again.err)
        # Killed before it knew that the line is down, a gateway writes it again rather than never.
        ends = session.lines("session-end")
        self.assertIn(len(ends), (1, 2))
        self.assertEqual({line["closed_by"] for line in ends}, {"killed"})

    async def test_what_is_no_id(self):
        self.make()
        for wrong in ("../reload", "a b", "x" * 97):
            result = await asyncio.to_thread(self.run_it, "kill", wrong)
            self.assertEqual(result.status, 2)
            self.assertIn("is no session id", result.err)


class JavaScript(EndToEnd):
    def test_a_port_over_the_data_channel(self):
        result = javascript(self.world, "port_session.mjs", TARGET, "3000000", caller=BOB)
        self.assertEqual((result.status, result.err), (0, ""), result.out)
        self.assertEqual(result.json["sent"], result.json["received"])
        session = Shared(self.world, result.json["session"])
        connect = session.lines("connect")
        self.assertEqual([line["endpoint"] for line in connect], [CHANNEL])
        terminate(self.world, session.session_id, caller=BOB)
        line = session.end()
        self.assertGreater(line["bytes_up"], 3_000_000)
        self.assertGreater(line["bytes_down"], 3_000_000)


if __name__ == "__main__":
    unittest.main()
