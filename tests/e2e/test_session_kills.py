"""The gateway is killed by SIGKILL at random moments under load, again and again.

SSMGATE_KILLS (15) is how often. Whatever it was doing: the store opens, every session whose
StartSession was answered can be resumed by its owner, and none that was ended can.
"""

import os
import random
import sqlite3
import threading
import unittest

from session_client import Refused, dial, resume, start, terminate
from waiting import wait_for
from world import World

KILLS = int(os.environ.get("SSMGATE_KILLS", "15"))
CLIENTS = 6
LONGEST = 0.4  # seconds of load before a kill


class Client:
    """One address: starts sessions, uses and ends them until the gateway is gone. What it was told
    is what must hold afterwards."""

    def __init__(self, world, number):
        self._world, self._source = world, f"127.2.0.{number}"
        self._random = random.Random(number)
        self.alive, self.ended = [], set()
        self.fault = None
        self.steps = 0

    def work(self, stop):
        while not stop.is_set():
            try:
                self._step()
                self.steps += 1
            except (OSError, EOFError, AssertionError, ValueError):
                return  # the gateway was killed in the middle of it
            except Refused as refused:
                self.fault = f"a channel of a session that had just been started: {refused}"
                return

    def _step(self):
        if len(self.alive) > 5 or (self.alive and self._random.random() < 0.3):
            session = self._random.choice(self.alive)
            # From here on nobody knows, until the answer says it.
            self.alive.remove(session)
            answer = terminate(self._world, session, source=self._source)
            if answer.status == 200:
                self.ended.add(session)
            return
        self.alive.append(start(self._world, source=self._source)["SessionId"])
        dial(self._world, source=self._source).close()

    def check(self, test):
        test.assertIsNone(self.fault)
        for session in self.alive:
            answer = resume(self._world, session, source=self._source)
            test.assertEqual(answer.status, 200, (session, answer.body))
        for session in self._random.sample(sorted(self.ended), min(5, len(self.ended))):
            answer = resume(self._world, session, source=self._source)
            test.assertEqual(answer.status, 400, (session, answer.body))
            test.assertIn("ssmgate refused", answer.json["message"])


class Kills(unittest.TestCase):
    def test_at_random_moments_under_load(self):
        with World(sessions={"max_per_user": 1000}) as world:
            gateway, moments = world.gateway, random.Random(1)
            clients = [Client(world, number) for number in range(1, CLIENTS + 1)]
            for _ in range(KILLS):
                self.kill_under_load(gateway, clients, moments.uniform(0.02, LONGEST))
                self.assert_whole(gateway.folder / "state" / "sessions.db")
                gateway.start()
                for client in clients:
                    client.check(self)
            started = sum(len(client.alive) + len(client.ended) for client in clients)
            print(f"{KILLS} kills, {started} sessions")
            self.assertGreater(started, KILLS)

    @staticmethod
    def kill_under_load(gateway, clients, moment):
        stop = threading.Event()
        before = sum(client.steps for client in clients)
        threads = [threading.Thread(target=client.work, args=(stop,)) for client in clients]
        for thread in threads:
            thread.start()
        wait_for(lambda: sum(client.steps for client in clients) > before, "the load")
        stop.wait(moment)
        gateway.process.kill()
        gateway.process.wait()
        stop.set()
        for thread in threads:
            thread.join()

    def assert_whole(self, file):
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        finally:
            database.close()


if __name__ == "__main__":
    unittest.main()
