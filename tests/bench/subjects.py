"""What is measured, each set up in a folder of its own, all listening on loopback.

For commands: ssmgate, Squid, mitmproxy, which end TLS for the same host with a CA of their own and
verify the same origin, and no proxy at all. For tunnels: ssmgate, HAProxy, tinyproxy, Squid, and
none. A subject's `pids()` are all processes that work for it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

HOST = "ssm.us-east-1.amazonaws.com"
STREAM_HOST, STREAM_PORT = "stream.example.test", 8443
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "tests/e2e"))  # its small servers


class Failure(Exception):
    pass


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"openssl {arguments[0]}: {done.stderr.strip()}")


def make_ca(folder, name):
    """A self-signed P-256 CA: NAME.pem and NAME.key."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", "-days", "2",
            "-subj", f"/CN=bench {name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def issue(folder, ca, name, common_name, *extensions):
    """A P-256 certificate under the CA: NAME.pem and NAME.key."""
    lines = folder / f"{name}.ext"
    lines.write_text("\n".join(extensions) + "\n")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr", "-subj", f"/CN={common_name}")
    openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/{ca}.pem",
            "-CAkey", f"{folder}/{ca}.key", "-CAcreateserial", "-days", "2",
            "-extfile", str(lines), "-out", f"{folder}/{name}.pem")


def make_leaf(folder, ca, name):
    """A server certificate for HOST."""
    issue(folder, ca, name, HOST, f"subjectAltName=DNS:{HOST}", "extendedKeyUsage=serverAuth")


def make_chain(folder, ca, name):
    """The same by way of an intermediate that may speak for HOST alone, as ssmgate's: in NAME.pem as well."""
    issue(folder, ca, "intermediate", "bench intermediate", "basicConstraints=critical,CA:TRUE,pathlen:0",
          "keyUsage=critical,keyCertSign", f"nameConstraints=critical,permitted;DNS:{HOST}")
    make_leaf(folder, "intermediate", name)
    with open(folder / f"{name}.pem", "a", encoding="ascii") as chain:
        chain.write((folder / "intermediate.pem").read_text())


class Subject:
    """A running proxy. `core` pins it, with whatever it starts, to one CPU."""

    name = ""

    def __init__(self, bench, name=None):
        self.name = name or self.name
        self.bench, self.origin, self.core = bench, bench.origin, bench.subjects_core
        self.folder = bench.folder / self.name
        self.folder.mkdir()
        self.port = free_port()
        self.process = None
        self.ca = self.folder / "ca.pem"

    def start(self, command, **options):
        pin = (lambda: os.sched_setaffinity(0, {self.core})) if self.core is not None else None
        log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        preexec_fn=pin, **options)
        log.close()
        self.wait_until_up()

    def wait_until_up(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failure(f"{self.name} did not come up: " + self.log_tail())

    def log_tail(self):
        return (self.folder / "log").read_text(errors="replace")[-800:]

    def target(self):
        return ["--proxy", f"127.0.0.1:{self.port}", "--connect",
                str(ROOT / "tests/captures/connect-python311.http")]

    def stream_target(self, address):
        """The same for a tunnel to `address`."""
        head = self.folder / "connect.http"
        head.write_text(f"CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\r\n", newline="")
        return ["--proxy", f"127.0.0.1:{self.port}", "--connect", str(head)]

    def pids(self):
        """The process and all below it."""
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    found += [int(child) for child in children.read_text().split()]
                except (FileNotFoundError, ProcessLookupError):
                    pass  # a thread that has just ended
        return found

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                print(f"{self.name} did not end by itself", file=sys.stderr)


class Direct(Subject):
    """No proxy: what the client and the origin can do by themselves."""

    name = "direct"

    def run(self):
        self.ca = self.folder.parent / "root.pem"

    def target(self):
        return ["--origin", self.origin]

    def stream_target(self, address):
        return ["--origin", address]

    def pids(self):
        return []

    def version(self):
        return ""


class Ssmgate(Subject):
    """`rules`: how many the policy has. `sink`: the audit log's. `origin`: what stands for AWS."""

    name = "ssmgate"
    program = ROOT / "build/release/ssmgate"

    def __init__(self, bench, name=None, rules=1, sink="{type: file, path: audit.jsonl}", origin=None):
        super().__init__(bench, name)
        self.rules, self.sink, self.origin = rules, sink, origin or bench.origin

    def write_config(self):
        rules = [f"  - {{id: r{number}, documents: [AWS-StartPortForwardingSessionToRemoteHost],"
                 f" hosts: [{host}], ports: [5432]}}\n" for number, host in enumerate(
                     [f"db{number}.example.com" for number in range(self.rules - 1)]
                     + ["db.internal.example.com"])]
        (self.folder / "policy.yaml").write_text("version: 1\nallow:\n" + "".join(rules))
        stream = f"{STREAM_HOST}:{STREAM_PORT}"
        config = self.folder / "ssmgate.yaml"
        config.write_text(
            f"listen:\n  - address: 127.0.0.1:{self.port}\npolicy: policy.yaml\n"
            "ca: {certificate: ca.pem, key: ca.key}\nstate: state\n"
            f"audit: {{sinks: [{self.sink}]}}\n"
            "sessions: {max_per_user: 100000}\nlimits: {connections: 20000, connections_per_client: 20000}\n"
            f"egress: {{deny_addresses: []}}\nupstream:\n  ca_file: {self.folder.parent}/root.pem\n"
            f"  resolve: {{\"{HOST}:443\": \"{self.origin}\", \"{stream}\": \"{self.bench.stream}\"}}\n")
        return config

    def run(self):
        self.start([str(self.program), "serve", "--config", str(self.write_config())])

    def stream_target(self, _address):
        return super().stream_target(f"{STREAM_HOST}:{STREAM_PORT}")

    def version(self):
        return subprocess.run([str(self.program), "--version"], capture_output=True,
                              text=True).stdout.strip()


class Squid(Subject):
    """`ssl_bump bump all`: the client's handshake first, an upstream connection for each POST.

    No access log, no cache. Its CA is P-256, and it signs leaves for the CA's own key: it never
    makes a key.
    """

    name = "squid"
    rules = "ssl_bump bump all\n"
    certgen = "/usr/lib/squid/security_file_certgen"

    def run(self):
        make_ca(self.folder, "ca")
        address = self.origin.rsplit(":", 1)[0]
        (self.folder / "hosts").write_text(f"{address} {HOST}\n")
        subprocess.run([self.certgen, "-c", "-s", f"{self.folder}/ssl_db", "-M", "16MB"], check=True,
                       capture_output=True)
        user = ""
        if os.geteuid() == 0:
            user = "cache_effective_user proxy\n"
            for path in [self.folder, *self.folder.rglob("*")]:
                shutil.chown(path, "proxy", "proxy")
        f = self.folder
        (f / "squid.conf").write_text(
            f"http_port 127.0.0.1:{self.port}{self.bumping()}\n"
            f"sslcrtd_program {self.certgen} -s {f}/ssl_db -M 16MB\n"
            "sslcrtd_children 4 startup=1 idle=1\n" + self.rules +
            f"tls_outgoing_options cafile={self.bench.folder}/root.pem\nhosts_file {f}/hosts\n"
            "http_access allow localhost\nhttp_access deny all\ncache deny all\ncache_mem 8 MB\n"
            f"access_log none\ncache_store_log none\ncache_log {f}/cache.log\n"
            f"pid_filename {f}/squid.pid\ncoredump_dir {f}\nshutdown_lifetime 1 seconds\n"
            "visible_hostname bench\nnetdb_filename none\npinger_enable off\n" + user)
        self.start(["squid", "-N", "-f", str(f / "squid.conf")], cwd=f,
                   env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})

    def bumping(self):
        return (f" ssl-bump tls-cert={self.folder}/ca.pem tls-key={self.folder}/ca.key "
                "generate-host-certificates=on dynamic_cert_mem_cache_size=16MB")

    def log_tail(self):
        cache_log = self.folder / "cache.log"
        return super().log_tail() + (cache_log.read_text()[-800:] if cache_log.exists() else "")

    def version(self):
        text = subprocess.run(["/usr/sbin/squid", "-v"], capture_output=True, text=True).stdout
        return text.splitlines()[0].split()[-1]


class SquidPeek(Squid):
    """A look at the hello and the server first: dearer cold, but the upstream connection is kept."""

    name = "squid-peek"
    rules = "acl step1 at_step SslBump1\nssl_bump peek step1\nssl_bump bump all\n"


class Mitmproxy(Subject):
    name = "mitmproxy"

    def run(self):
        self.ca = self.folder / "mitmproxy-ca-cert.pem"
        self.start(
            ["mitmdump", "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(self.port),
             "--set", f"confdir={self.folder}", "--set",
             f"ssl_verify_upstream_trusted_ca={self.folder.parent}/root.pem", "--set", "http2=false",
             "--scripts", str(HERE / "mitm_addon.py")],
            env={**os.environ, "BENCH_ORIGIN": self.origin, "PYTHONDONTWRITEBYTECODE": "1"})

    def version(self):
        text = subprocess.run(["mitmdump", "--version"], capture_output=True, text=True).stdout
        return text.splitlines()[0].split()[-1]


class Floor(Subject):
    """The least that ends TLS on both sides: no parsing, no judging, no record. What its client verifies is
    what ssmgate's does."""

    name = "floor"

    def run(self):
        make_ca(self.folder, "ca")
        make_chain(self.folder, "ca", "leaf")
        self.start([str(self.bench.args.programs / "bench_floor"), "--listen", f"127.0.0.1:{self.port}",
                    "--certificate", f"{self.folder}/leaf.pem", "--key", f"{self.folder}/leaf.key",
                    "--origin", self.origin, "--roots", f"{self.bench.folder}/root.pem", "--host", HOST])

    def version(self):
        return ""


class Haproxy(Subject):
    """TCP mode to one address, spliced: no CONNECT, and nothing to judge."""

    name = "haproxy"

    def run(self):
        (self.folder / "haproxy.cfg").write_text(
            "global\n  maxconn 7600\ndefaults\n  mode tcp\n  option splice-request\n  option splice-response\n"
            "  timeout connect 5s\n  timeout client 10m\n  timeout server 10m\n"
            f"listen tunnel\n  bind 127.0.0.1:{self.port}\n  server origin {self.bench.stream}\n")
        self.start(["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")],
                   env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})

    def stream_target(self, _address):
        return ["--origin", f"127.0.0.1:{self.port}"]


class Tinyproxy(Subject):
    name = "tinyproxy"

    def run(self):
        (self.folder / "tinyproxy.conf").write_text(
            f"Port {self.port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 7600\n"
            f"LogFile \"{self.folder}/log\"\nLogLevel Error\nAllow 127.0.0.1\n")
        self.start(["tinyproxy", "-d", "-c", str(self.folder / "tinyproxy.conf")])


class SquidTunnel(Squid):
    """CONNECT as it is, without ssl_bump."""

    rules = ""

    def bumping(self):
        return ""


COMMANDS = {subject.name: subject for subject in (Ssmgate, Squid, SquidPeek, Mitmproxy, Floor, Direct)}
TUNNELS = {subject.name: subject for subject in (Ssmgate, Haproxy, Tinyproxy, SquidTunnel, Direct)}
