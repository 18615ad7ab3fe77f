"""A client made of sockets, for what no real client sends: odd order, odd framing, half a request.

Owns CONNECT, TLS inside it, and signing a hand-made request with the stand-in's own SigV4 (which
is checked against AWS's vectors).
"""

import datetime
import json
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from standin import sigv4  # noqa: E402
from standin.http1 import parse_head  # noqa: E402

HOST = "ssm.us-east-1.amazonaws.com"
DEADLINE = 30.0


@dataclass
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name):
        prefix = name.lower().encode() + b":"
        for line in self.head.split(b"\r\n")[1:]:
            if line.lower().startswith(prefix):
                return line[len(prefix):].strip().decode()
        return None

    @property
    def json(self):
        return json.loads(self.body)


def connect(port, host=HOST, remote_port=443, head=None):
    """A socket behind a CONNECT that was answered with 200; or (status, bytes) otherwise."""
    head = head or f"CONNECT {host}:{remote_port} HTTP/1.0\r\n\r\n".encode()
    stream = socket.create_connection(("127.0.0.1", port), DEADLINE)
    answer = b""
    try:
        stream.sendall(head)
        while not answer.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)  # one at a time: what follows belongs to the tunnel
            if not byte:
                break
            answer += byte
        if answer.split(b" ")[1:2] != [b"200"]:
            raise AssertionError(f"CONNECT was answered {answer!r}")
    except BaseException:
        stream.close()
        raise
    return stream


def trusting(roots):
    context = ssl.create_default_context(cafile=str(roots))
    context.set_alpn_protocols(["http/1.1"])
    return context


def first_flight(context, name=HOST):
    """A client inside memory, as it waits for its server: its session, what it reads from, what it
    writes to, and the ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return session, incoming, outgoing, outgoing.read()


def handshake_and(stream, context, request):
    """TLS inside a CONNECT, up to the client's last flight, which is not sent: its bytes, and those
    of `request` right behind them."""
    session, incoming, outgoing, hello = first_flight(context)
    stream.sendall(hello)
    while True:
        incoming.write(_more(stream, b"a handshake"))
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            pass
    if request:
        session.write(request)
    return outgoing.read()


def client_hello(name):
    """The bytes of one that asks for `name`; None: for no name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return first_flight(context, name)[3]


def open_tls(world, host=HOST, name=None):
    """A verified TLS stream inside a CONNECT through the world's gateway."""
    stream = connect(world.gateway.port, host)
    return trusting(world.bundle).wrap_socket(stream, server_hostname=name or host.rstrip("."))


def read_answer(stream, buffered=b""):
    """One whole HTTP answer; (Answer, the bytes behind it). Fails when the stream ends inside."""
    while b"\r\n\r\n" not in buffered:
        buffered += _more(stream, buffered)
    head, _, rest = buffered.partition(b"\r\n\r\n")
    answer = Answer(int(head.split(b" ")[1]), head, b"")
    length = int(answer.header("content-length") or 0)
    while len(rest) < length:
        rest += _more(stream, rest)
    answer.body = rest[:length]
    return answer, rest[length:]


def read_to_end(stream):
    """What still comes; a reset is an end, too."""
    got = b""
    try:
        while data := stream.recv(65536):
            got += data
    except ConnectionError:
        pass
    return got


def _more(stream, so_far):
    data = stream.recv(65536)
    if not data:
        raise EOFError(f"the stream ended after {so_far!r}")
    return data


def exchange(world, request, host=HOST):
    """One request on a connection of its own."""
    with open_tls(world, host) as stream:
        stream.sendall(request)
        return read_answer(stream)[0]


def default_headers(operation, host):
    return [("Host", host), ("X-Amz-Target", f"AmazonSSM.{operation}"),
            ("Content-Type", "application/x-amz-json-1.1")]


def signed(caller, operation, body, host=HOST, region="us-east-1", line="POST / HTTP/1.1",
           headers=None, arrange=None, unsigned=()):
    """The bytes of a request signed by `caller`.

    `headers`: (name, value) pairs to be signed, instead of the default three. `unsigned`: pairs
    that are not. `arrange`: a function that reorders or respells the finished list of pairs.
    """
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    pairs = list(default_headers(operation, host) if headers is None else headers)
    pairs.append(("X-Amz-Date", stamp))
    if caller.session_token:
        pairs.append(("X-Amz-Security-Token", caller.session_token))
    names = tuple(sorted({name.lower() for name, _ in pairs}))
    claim = sigv4.Claim(caller.access_key, stamp[:8], region, "ssm", names, "")
    request = parse_head(_render(line, pairs))
    request.body = body
    signature = sigv4.sign(request, claim, caller.secret, stamp)
    pairs.append(("Authorization",
                  f"AWS4-HMAC-SHA256 Credential={caller.access_key}/{claim.scope}, "
                  f"SignedHeaders={';'.join(names)}, Signature={signature}"))
    pairs += [("Content-Length", str(len(body))), *unsigned]
    return _render(line, arrange(pairs) if arrange else pairs) + body


def _render(line, pairs):
    lines = [line, *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("latin-1")
