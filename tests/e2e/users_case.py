"""What the tests of reloads share: a gateway that lets alice in by her password."""

import os
import tempfile
import unittest
from pathlib import Path

from identities import PASSWORD, crypt_hash, write_users
from reloading import configure
from servers import SlowParent
from waiting import wait_for
from world import World


class WithUsers(unittest.TestCase):
    """A gateway of its own for each test, with a users file that has alice, and with `changes`."""

    changes = {}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.users = write_users(self.folder / "users", f"alice:{crypt_hash(PASSWORD)}")
        self.world = World(users_file=self.users, **self.settings())
        self.addCleanup(self.world.close)
        self.gateway = self.world.gateway

    def settings(self):
        """What the gateway is started with; `folder` is there."""
        return self.changes

    def slow_parent(self):
        """The proxy that the gateway asks from here on."""
        parent = SlowParent()
        self.addCleanup(parent.stop)
        configure(self.gateway, upstream={"proxy": {"url": f"http://{parent.address}"}})
        return parent

    def taken(self):
        """Waits until the gateway has read all that was sent to it, as its clients have."""
        wait_for(lambda: self.gateway.unread(self.gateway.port) == 0, "the bytes")

    def put_users(self, name, password=PASSWORD, mode=0o600):
        """In the place of the users file, in one go."""
        aside = write_users(self.folder / "aside", f"{name}:{crypt_hash(password)}")
        os.chmod(aside, mode)
        os.rename(aside, self.users)
