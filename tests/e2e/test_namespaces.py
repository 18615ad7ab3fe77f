"""Three hosts in network namespaces: a workstation, the team's jump box, and AWS.

    workstation 10.99.1.1 ── 10.99.1.2 jump box 10.99.2.1 ── 10.99.2.2 AWS

The workstation has no route to AWS: its gateway reaches it through the team's alone, over mutual
TLS, and the team's policy judges by the user that the workstation's certificate names. Needs root
and iproute2; without them the test is skipped, and says so.
"""

import concurrent.futures
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from clients import ALICE, TARGET
from identities import ClientAuthority
from raw import HOST, open_tls, read_answer, signed
from standin.tls import TestRoot
from world import Gateway, StandIn, World

JUMP_BOX = "gate.corp.example"
PORT = 8443
CLONE_NEWNET = 0x40000000

TEAM_POLICY = """\
version: 1
groups:
  database: [alice@corp.example]
allow:
  - {id: everybody, documents: [SSM-SessionManagerRunShell]}
  - id: database
    users: ["@database"]
    documents: [AWS-StartPortForwardingSessionToRemoteHost]
    hosts: [orders.internal]
    ports: [5432]
"""
# The workstation judges nothing of forwards: that is the team's task.
OWN_POLICY = """\
version: 1
allow:
  - {id: shell, documents: [SSM-SessionManagerRunShell]}
  - {id: forward, documents: [AWS-StartPortForwardingSessionToRemoteHost], hosts: any, ports: any}
"""
FORWARD = {"Target": TARGET, "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
           "Parameters": {"host": ["orders.internal"], "portNumber": ["5432"]}}


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Host:
    """A namespace with a loopback of its own."""

    def __init__(self, label):
        self.name = f"ssmgate-{os.getpid()}-{label}"
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        self.prefix = ("ip", "netns", "exec", self.name)

    def remove(self):
        ip("netns", "del", self.name)

    def run(self, action):
        """`action()` on a thread that stands in this host."""
        def enter():
            library = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{self.name}", "rb") as place:
                if library.setns(place.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return action()
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            return threads.submit(enter).result()


def join(one, address, other, other_address):
    """A cable between two hosts."""
    ends = [f"s{os.getpid()}{end}{address.split('.')[2]}" for end in "ab"]
    ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
    for host, end, number in ((one, ends[0], address), (other, ends[1], other_address)):
        ip("link", "set", end, "netns", host.name)
        ip("-n", host.name, "address", "add", f"{number}/24", "dev", end)
        ip("-n", host.name, "link", "set", end, "up")


def hosts_can_be_made():
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    try:
        Host("probe").remove()
    except (RuntimeError, OSError):
        return False
    return True


class ThreeHosts(World):
    """`gateway` is alice's on the workstation, `others` bob's."""

    def _open(self, with_gateway, policy, changes):
        for name in ("home", "bin", "stand-in", "run"):
            (self.folder / name).mkdir(mode=0o700)
        self.workstation, self.jump_box, self.aws = map(self._host, ("ws", "jump", "aws"))
        join(self.workstation, "10.99.1.1", self.jump_box, "10.99.1.2")
        join(self.jump_box, "10.99.2.1", self.aws, "10.99.2.2")
        self.stand_in = StandIn(self.folder / "stand-in", address="10.99.2.2",
                                prefix=self.aws.prefix)
        self._started.append(self.stand_in)
        self.people = ClientAuthority(self.folder)
        self.root = TestRoot(self.folder / "root", "the jump box's root")
        listener = {"address": f"10.99.1.2:{PORT}", "auth": "mtls",
                    "tls": {"certificate": str(self.root.leaf(JUMP_BOX)),
                            "key": str(self.root.folder / "leaf.key"),
                            "client_ca": str(self.people.certificate)}}
        self.team = Gateway(self.folder / "team", self.stand_in, self.surroundings(), TEAM_POLICY,
                            prefix=self.jump_box.prefix, listen=[listener])
        self._started.append(self.team)
        self.bundle = self.folder / "bundle.pem"
        self.gateways = {name: self._own(name) for name in ("alice", "bob")}

    def _host(self, label):
        host = Host(label)
        host.stop = host.remove  # as everything else that is started
        self._started.append(host)
        return host

    def _own(self, name):
        certificate, key = self.people.issue(name, f"email:{name}@corp.example")
        upstream = {
            "ca_file": str(self.team.ca),  # whom this gateway believes to be AWS is the team's
            "resolve": {f"{JUMP_BOX}:{PORT}": f"10.99.1.2:{PORT}"},
            "proxy": {"url": f"https://{JUMP_BOX}:{PORT}", "ca_file": str(self.root.certificate),
                      "certificate": str(certificate), "key": str(key)}}
        gateway = Gateway(self.folder / name, self.stand_in, self.surroundings(), OWN_POLICY,
                          prefix=self.workstation.prefix, upstream=upstream)
        self._started.append(gateway)
        return gateway

    def ask(self, who, body):
        """StartSession on the workstation, through the gateway of `who`."""
        def act():
            self.gateway = self.gateways[who]
            self.bundle.write_text(self.gateway.ca.read_text())
            with open_tls(self, HOST) as stream:
                stream.sendall(signed(ALICE, "StartSession", body))
                return read_answer(stream)[0]
        return self.workstation.run(act)


@unittest.skipUnless(hosts_can_be_made(), "network namespaces need root and iproute2's `ip`")
class Chained(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = ThreeHosts()
        cls.addClassCleanup(cls.world.close)

    def team_line(self):
        return self.world.team.audit("decision")[-1]

    def arrived(self):
        return len(self.world.stand_in.records("request"))

    def test_the_teams_gateway_is_the_only_way(self):
        def dial():
            with self.assertRaises(OSError):
                socket.create_connection(("10.99.2.2", 443), 5)
        self.world.workstation.run(dial)

    def test_a_shell_for_everybody_who_is_known(self):
        for who in ("alice", "bob"):
            with self.subTest(who):
                before = self.arrived()
                answer = self.world.ask(who, {"Target": TARGET})
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(self.arrived(), before + 1)
                line = self.team_line()
                self.assertEqual((line["user"], line["auth"], line["client"], line["rule"]),
                                 (f"{who}@corp.example", "mtls", "10.99.1.1", "everybody"))

    def test_a_forward_for_the_user_whom_the_teams_policy_names(self):
        answer = self.world.ask("alice", FORWARD)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((self.team_line()["user"], self.team_line()["rule"]),
                         ("alice@corp.example", "database"))
        before = self.arrived()
        answer = self.world.ask("bob", FORWARD)
        self.assertEqual((answer.status, answer.json["__type"]), (400, "AccessDeniedException"))
        self.assertEqual((self.team_line()["user"], self.team_line()["decision"]),
                         ("bob@corp.example", "deny"))
        self.assertEqual(self.arrived(), before)

    def test_without_a_certificate_of_the_teams_nobody_gets_in(self):
        strangers = ClientAuthority(Path(tempfile.mkdtemp(dir=self.world.folder)), "strangers")
        self.world.people, own = strangers, self.world.people
        try:
            self.world.gateways["mallory"] = self.world._own("mallory")
        finally:
            self.world.people = own
        before = self.arrived()
        answer = self.world.ask("mallory", {"Target": TARGET})
        self.assertEqual((answer.status, answer.json["__type"]), (400, "SsmgateUpstreamError"))
        self.assertEqual(self.arrived(), before)


if __name__ == "__main__":
    unittest.main()
