"""Every step of a connection fails in turn, in every way."""

import unittest

from fault_case import CALLS, FaultCase


class Faults(FaultCase):
    def test_start_session(self):
        seen = self.each_step(self.start_session)
        self.assertLessEqual({"recv", "send", "connect", "accept"}, seen)
        self.assertTrue(self.start_session())
        self.assert_at_rest()
        self.assert_permitted()

    def test_tunnel(self):
        seen = self.each_step(self.echo_once)
        self.assertEqual(seen, set(CALLS.values()))
        self.assertTrue(self.echo_once())
        self.assert_at_rest()


if __name__ == "__main__":
    unittest.main()
