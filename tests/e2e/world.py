"""What every end-to-end test stands in: a stand-in, a gateway before it, and clean surroundings.

Owns the processes it starts and one temporary folder. Clients are in clients.py.
"""

import base64
import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from connect_proxy import ConnectProxy
from waiting import Output, stop, wait_for

TESTS = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
VPCE = "vpce-0fe5b17a0707d6abc-29p5708s.ssm.us-east-1.vpce.amazonaws.com"
API_HOSTS = ("ssm.us-east-1.amazonaws.com", "ssm-fips.us-east-1.amazonaws.com",
             "ssm.ap-northeast-1.amazonaws.com", VPCE)
CHANNEL_HOSTS = ("ssmmessages.us-east-1.amazonaws.com", "ssmmessages.ap-northeast-1.amazonaws.com")

# What a shell of the person who runs the tests may carry, and no test may depend on.
FOREIGN = re.compile(r"(AWS_|BOTO|SSMGATE_|XDG_|NODE_|npm_|(HTTPS?|NO|ALL)_PROXY$|SSL_CERT_|"
                     r"CURL_CA_BUNDLE$|REQUESTS_CA_BUNDLE$|PYTHON(PATH|HOME)$)", re.IGNORECASE)

POLICY = """\
version: 1
allow:
  - id: shell
    documents: [SSM-SessionManagerRunShell]
  - id: forward
    documents: [AWS-StartPortForwardingSession]
    ports: any
  - id: orders-db
    documents: [AWS-StartPortForwardingSessionToRemoteHost]
    hosts: ["orders.*.rds.amazonaws.com"]
    ports: [5432]
operations:
  deny: [StartAutomationExecution]
message: Ask in the platform channel.
"""


def is_baseline():
    """SSMGATE_E2E_BASELINE=1 puts a plain CONNECT proxy where the gateway would be."""
    return os.environ.get("SSMGATE_E2E_BASELINE") == "1"


def merge(config, changes):
    """Maps are joined, anything else is replaced."""
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(name), dict):
            merge(config[name], value)
        else:
            config[name] = value


class StandIn:
    """`prefix`: the words before its command line, such as `ip netns exec NAME`."""

    def __init__(self, folder, watched=None, address="127.0.0.1", prefix=()):
        self.folder, self.address = folder, address
        self.root = folder / "root.pem"
        command = [*prefix, sys.executable, "-m", "standin", "--dir", str(folder),
                   "--address", address]
        if watched:
            command += ["--watch", str(watched)]
        environment = dict(os.environ, PYTHONPATH=str(TESTS / "support"))
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.log = Output(self.process.stderr)
        wait_for(self._is_ready, "the stand-in")
        self.ports = json.loads((folder / "ready.json").read_text())

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the stand-in ended: {self.log.text}")
        return (self.folder / "ready.json").exists()

    def route(self, host, port):
        """Where a name of AWS is, for `upstream.resolve` and for the baseline."""
        if port != 443:
            return None
        if "ssmmessages" in host:
            return self.address, self.ports["channel_port"]
        if re.match(r"(vpce-[^.]+\.)?ssm(-fips)?\.", host):
            return self.address, self.ports["api_port"]
        return None

    def records(self, kind=None, operation=None):
        """What has reached it so far; `head` and `body` as bytes."""
        path = self.folder / "requests.jsonl"
        found = []
        for line in path.read_text().split("\n")[:-1]:
            record = json.loads(line)
            for name in ("head", "body"):
                if name in record:
                    record[name] = base64.b64decode(record[name])
            if kind in (None, record["kind"]) and operation in (None, record.get("operation")):
                found.append(record)
        return found

    def stop(self):
        return stop(self.process)


def is_filled(pipe):
    """Whether bytes wait in the pipe that stands at this path."""
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return any(fcntl.ioctl(end, termios.FIONREAD, bytes(4)))
    finally:
        os.close(end)


class Gateway:
    """A running `ssmgate serve`. `changes` replaces or adds top-level keys of its configuration;
    `prefix` are the words before its command line."""

    def __init__(self, folder, stand_in, environment, policy=POLICY, prefix=(), **changes):
        self.prefix = prefix
        self.folder, self.surroundings = folder, environment
        folder.mkdir()
        self.audit_file = folder / "audit.jsonl"
        self.ca = folder / "ca.pem"
        (folder / "policy.yaml").write_text(policy)
        self.config_file = folder / "ssmgate.yaml"
        config = self._config(stand_in)
        merge(config, changes)
        self._listeners = len(config["listen"])
        # JSON is YAML: no YAML library is needed to write it.
        self.config_file.write_text(json.dumps(config, indent=1))
        self.start()

    def _config(self, stand_in):
        resolve = {}
        for host in API_HOSTS + CHANNEL_HOSTS:
            address, port = stand_in.route(host, 443)
            resolve[f"{host}:443"] = f"{address}:{port}"
        resolve[f"{API_HOSTS[0]}:8443"] = resolve[f"{API_HOSTS[0]}:443"]
        return {
            "listen": [{"address": "127.0.0.1:0"}],
            "policy": "policy.yaml",
            "ca": {"certificate": "ca.pem", "key": "ca.key"},
            "state": str(self.folder / "state"),
            "upstream": {"ca_file": str(stand_in.root), "resolve": resolve},
            "audit": {"sinks": [{"type": "file", "path": str(self.audit_file)}]},
            "admin": {"address": "127.0.0.1:0"},
            # All tests of a world are one client.
            "sessions": {"max_per_user": 100_000},
        }

    def start(self):
        command = [*self.prefix, program(), "serve", "--config", str(self.config_file)]
        self.process = subprocess.Popen(command, env=self.surroundings, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        cwd=self.folder)
        self.output, self.log = Output(self.process.stdout), Output(self.process.stderr)
        self.ports = wait_for(self.listening, "the gateway to listen")
        self.port = self.ports[0]

    def listening(self):
        """The ports of all listeners, in the configuration's order, once all are open."""
        found = re.findall(r"listening on \S+:(\d+)$", self.log.text, re.MULTILINE)
        if not found and self.process.poll() is not None:
            self.log.join()  # its last words may still be on their way
            raise AssertionError(f"the gateway ended: {self.log.text}")
        return len(found) == self._listeners and [int(port) for port in found]

    def audit(self, event=None):
        """The records of one event; of all but checkpoints, which come when they come."""
        if not self.audit_file.exists():
            return []
        lines = self.audit_file.read_bytes().split(b"\n")[:-1]
        records = [json.loads(line) for line in lines]
        return [record for record in records if record["event"] == event
                or event is None and record["event"] != "checkpoint"]

    def result_of(self, decision):
        """The line that says how a relayed request ended; it follows the answer."""
        def find():
            return [line for line in self.audit("result")
                    if line["request_id"] == decision["request_id"]]
        return wait_for(find, "the result's line")

    def open_files(self):
        """What stands behind each of its descriptors, as /proc names it."""
        folder, found = f"/proc/{self.process.pid}/fd", []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                pass
        return found

    def descriptors(self):
        """How many it has, but for the three of each event loop (its epoll, its wake-up, its timer):
        there may be one more loop at any time."""
        files = self.open_files()
        return len(files) - 3 * files.count("anon_inode:[eventpoll]")

    @staticmethod
    def unread(port):
        """Bytes that wait in the kernel for the gateway, of clients of its `port`."""
        ending = f":{port:04X}"
        table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = [row.split() for row in table]
        return sum(int(row[4].split(":")[0], 16) + int(row[4].split(":")[1], 16) for row in rows
                   if row[1].endswith(ending) or row[2].endswith(ending))

    def filled_pipes(self):
        """How many of its pipes have bytes in them."""
        folder, filled = f"/proc/{self.process.pid}/fd", set()
        for name in set(os.listdir(folder)) - {"0", "1", "2"}:
            path = f"{folder}/{name}"
            with contextlib.suppress(FileNotFoundError):
                if (pipe := os.readlink(path)).startswith("pipe:") and is_filled(path):
                    filled.add(pipe)
        return len(filled)

    def stop(self):
        """SIGTERM, and a second one should something still drain. It must end in good order."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                stop(self.process)
        for output in (self.output, self.log):
            output.join()
        if self.process.returncode != 0:
            raise AssertionError(f"the gateway ended with {self.process.returncode}: "
                                 f"{self.log.text[-4000:]}")


class Baseline:
    """Has a gateway's face as far as clients see it, and judges nothing."""

    def __init__(self, stand_in, resolve):
        def route(host, port):
            if f"{host}:{port}" in resolve:
                address, port = resolve[f"{host}:{port}"].split(":")
                return address, int(port)
            return stand_in.route(host, port)
        self._proxy = ConnectProxy(route)
        self.port, self.ca = self._proxy.port, stand_in.root

    def stop(self):
        self._proxy.stop()


def program():
    path = os.environ.get("SSMGATE")
    path = path and os.path.abspath(path)
    if not path or not os.access(path, os.X_OK):
        raise AssertionError("SSMGATE must name the ssmgate program: run these tests by ctest, or "
                             "SSMGATE=build/release/ssmgate python3 tests/e2e/test_awscli.py")
    return path


class World:
    """One temporary folder with everything in it. Use as a context manager, or call `close`."""

    def __init__(self, with_gateway=True, policy=POLICY, **changes):
        self.folder = Path(tempfile.mkdtemp(prefix="ssmgate-e2e-"))
        self._started = []
        try:
            self._open(with_gateway, policy, changes)
        except BaseException:
            self.close()
            raise

    def _open(self, with_gateway, policy, changes):
        for name in ("home", "bin", "stand-in", "run"):
            (self.folder / name).mkdir(mode=0o700)
        watched = self.folder / "gateway" / "audit.jsonl"
        self.stand_in = StandIn(self.folder / "stand-in", watched)
        self._started.append(self.stand_in)
        self.gateway = None
        self.bundle = self.folder / "bundle.pem"
        if not with_gateway or is_baseline():
            self._use(Baseline(self.stand_in, changes.get("upstream", {}).get("resolve", {})))
        else:
            self._use(Gateway(self.folder / "gateway", self.stand_in, self.surroundings(),
                              policy, **changes))

    def _use(self, gateway):
        self._started.append(gateway)
        self.gateway = gateway
        wait_for(gateway.ca.exists, "the CA file")
        self.bundle.write_text(gateway.ca.read_text() + self.stand_in.root.read_text())

    def surroundings(self):
        """The environment without proxy or trust: nothing of the person's own AWS set-up."""
        clean = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        home = self.folder / "home"
        clean.update(
            HOME=str(home), XDG_CONFIG_HOME=str(home / ".config"),
            XDG_STATE_HOME=str(home / ".state"), XDG_DATA_HOME=str(home / ".data"),
            XDG_CACHE_HOME=str(home / ".cache"), XDG_RUNTIME_DIR=str(self.folder / "run"),
            TMPDIR=str(self.folder), LC_ALL="C.UTF-8",
            AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
            AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="", AWS_DEFAULT_REGION=REGION,
            AWS_REGION=REGION)
        return clean

    def environment(self, caller, **more):
        """What `ssmgate env` would set, for this caller's credentials."""
        made = self.surroundings()
        proxy = f"http://127.0.0.1:{self.gateway.port}"
        bundle = str(self.bundle)
        made.update(HTTPS_PROXY=proxy, https_proxy=proxy, AWS_CA_BUNDLE=bundle,
                    SSL_CERT_FILE=bundle, NODE_EXTRA_CA_CERTS=bundle,
                    AWS_ACCESS_KEY_ID=caller.access_key, AWS_SECRET_ACCESS_KEY=caller.secret)
        if caller.session_token:
            made["AWS_SESSION_TOKEN"] = caller.session_token
        made.update(more)
        return made

    def close(self):
        """Stops what this world started, the last first, and removes its folder."""
        try:
            while self._started:
                self._started.pop().stop()
        finally:
            for left in self._started:
                left.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
