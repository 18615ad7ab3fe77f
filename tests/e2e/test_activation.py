"""Listeners of both families, and sockets that systemd has opened (here the test is systemd)."""

import json
import socket
import subprocess
import unittest

from identity_case import FILES, Folder, connect_head
from raw import read_answer
from servers import free_port
from world import program


class BothFamilies(Folder):
    """`0.0.0.0` and `[::]` on one port are two listeners, each with its own settings."""

    @classmethod
    def prepare(cls):
        cls.port = free_port()
        return {"listen": [
            {"address": f"0.0.0.0:{cls.port}", "insecure": True, "clients": ["192.0.2.1"]},
            {"address": f"[::]:{cls.port}", "insecure": True, "clients": ["::1"]}]}

    def test_each_asks_for_its_own(self):
        for address, status in (("127.0.0.1", 403), ("::1", 200)):
            with socket.create_connection((address, self.port), 30) as stream:
                stream.sendall(connect_head(FILES))
                self.assertEqual(read_answer(stream)[0].status, status, address)
        line = self.connect_line(code="client-not-allowed")
        self.assertEqual(line["listener"], f"0.0.0.0:{self.port}")


class Activation(Folder):
    """Sockets that systemd opened; here this test is systemd."""

    @classmethod
    def prepare(cls):
        return {}

    def start(self, listeners, *listening):
        """A gateway with `listeners` that finds the sockets `listening`, in this order."""
        file = self.world.gateway.folder / "activated.yaml"
        config = json.loads(self.world.gateway.config_file.read_text())
        config["state"] = str(self.world.gateway.folder / "activated")  # one gateway, one state
        config["listen"] = [each if isinstance(each, dict) else {"address": each}
                            for each in listeners]
        file.write_text(json.dumps(config))
        # The shell's own number is the one that LISTEN_PID must name.
        moves = " ".join(f"{number}<&{each.fileno()}" for number, each in enumerate(listening, 3))
        script = (f"export LISTEN_PID=$$ LISTEN_FDS={len(listening)}; "
                  f"exec {program()} serve --config {file} {moves}")
        process = subprocess.Popen(["/bin/bash", "-c", script], stderr=subprocess.PIPE, text=True,
                                   env=self.world.surroundings(), stdin=subprocess.DEVNULL,
                                   pass_fds=[each.fileno() for each in listening])
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_socket_is_taken_by_its_address(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            process = self.start(["127.0.0.1:0", f"127.0.0.1:{port}"], held)
            with socket.create_connection(("127.0.0.1", port), 30) as stream:
                stream.sendall(connect_head(FILES))
                self.assertEqual(read_answer(stream)[0].status, 200)
            self.assertIsNone(process.poll())

    def test_a_socket_that_no_listener_has(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            process = self.start(["127.0.0.1:0"], held)
            error = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 2)
        self.assertIn("that no listener has", error)

    def test_an_ipv6_socket_that_takes_ipv4_as_well(self):
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as held:
            config = {"address": f"[::]:{held.getsockname()[1]}", "insecure": True,
                      "clients": ["::1"]}
            process = self.start([config], held)
            self.assertIn("takes IPv4 as well", process.communicate(timeout=30)[1])

    def test_what_is_no_listening_socket(self):
        with socket.socket() as idle:
            process = self.start(["127.0.0.1:0"], idle)
            self.assertIn("is no listening TCP socket", process.communicate(timeout=30)[1])


if __name__ == "__main__":
    unittest.main()
