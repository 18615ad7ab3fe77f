"""Small servers for tunnels and for upstream trouble, each on a loopback port of its own.

Owns the listening thread. A `serve` function gets an accepted socket, which is closed behind it.
"""

import hashlib
import random
import socket
import struct
import threading
import time
from pathlib import Path

from raw import read_to_end


class Server:
    """`context`: TLS is spoken first; a failed handshake ends that connection alone."""

    def __init__(self, serve, context=None):
        self._serve, self._context = serve, context
        self.accepted = 0
        # A queue for bursts: of a connection that finds it full, the kernel drops what begins it.
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._handle, args=(stream,), daemon=True).start()

    def _handle(self, stream):
        stream.settimeout(60)
        try:
            if self._context:
                stream = self._context.wrap_socket(stream, server_side=True)
            self._serve(stream)
        except OSError:
            pass
        finally:
            stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join()


def free_port():
    """A port that nobody listens on now, at any address; whoever asks uses it at once.

    None that the system gives to connections on their way out: while the test goes on, one of some
    other test may have it.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10_000, max(lowest, 11_000)), 100):
        try:
            with socket.create_server(("0.0.0.0", port)):
                return port
        except OSError:
            continue
    raise OSError("no port is free")


def read_request(stream):
    """A head and the body its length names."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65536)
        if not more:
            raise OSError("the client left")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += stream.recv(65536)
    return head, body


def answer_page(stream):
    """HTTP: one page a connection."""
    read_request(stream)
    page = b"a page behind the tunnel\n"
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                   % (len(page), page))


def digest_after_end(stream):
    """Reads to the end of the client's half, and only then answers with its SHA-256."""
    digest = hashlib.sha256()
    while data := stream.recv(65536):
        digest.update(data)
    stream.sendall(digest.hexdigest().encode())


def greet_first(stream):
    """Speaks before the client does, as SMTP and SSH do; then says what it heard."""
    stream.sendall(b"220 hello\r\n")
    stream.sendall(b"heard " + stream.recv(65536))


def hang_up(stream):
    """Reads a request and closes."""
    read_request(stream)


def close_mid_answer(stream):
    """A whole head, half of the body it names, and the end."""
    read_request(stream)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
                   b"x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\n"
                   b"Content-Length: 500\r\n\r\n{\"half\": ")


CHUNKED_ANSWER = (b"HTTP/1.1 100 Continue\r\n\r\n"
                  b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"D\r\n{\"SessionId\":\r\n0008;odd\r\n\"s-0123\"\r\n1\r\n}\r\n"
                  b"0\r\nx-trailer: 1\r\n\r\n")


def answer_in_chunks(stream):
    """An interim answer, then a session's in chunks, byte by byte."""
    read_request(stream)
    for byte in CHUNKED_ANSWER:
        stream.sendall(bytes([byte]))


def answer_nonsense(stream):
    """Something that is no HTTP."""
    read_request(stream)
    stream.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)


def speak_plain_text(stream):
    """Something that is no TLS, to whoever begins a TLS handshake."""
    stream.recv(65536)
    stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def reset(stream):
    """Closes so that the peer sees a reset."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def reset_before_answer(stream):
    read_request(stream)
    reset(stream)


def reset_mid_answer(stream):
    read_request(stream)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"half\": ")
    reset(stream)


def drip(stream):
    """A head that never ends, a byte at a time."""
    read_request(stream)
    stream.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        stream.sendall(b"x")
        time.sleep(0.05)


def answer_too_much(stream):
    """More than the length it names, and the connection left open."""
    read_request(stream)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n"
                   b"Content-Length: 2\r\n\r\n{}")
    stream.recv(1)


def answer_with_two_lengths(stream):
    read_request(stream)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")


def answer_many(stream):
    """An empty JSON object for every request of the connection."""
    while True:
        read_request(stream)
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


class SlowParent:
    """A proxy that opens no way until `answer` is set."""

    def __init__(self):
        self.asked, self.answer = threading.Event(), threading.Event()
        self.passed = []  # through each way that has ended
        self._server = Server(self._serve)
        self.address = self._server.address

    def stop(self):
        self.answer.set()
        self._server.stop()

    def wait(self):
        """Until a way was asked for."""
        if not self.asked.wait(60):
            raise AssertionError("no way was asked for")

    def _serve(self, stream):
        stream.recv(65536)
        self.asked.set()
        self.answer.wait(60)
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        self.passed.append(read_to_end(stream))


class SilentPort:
    """A port whose queue is full: the kernel drops what else comes, as a black hole does."""

    def __init__(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._fill = []
        for _ in range(8):
            stream = socket.socket()
            stream.setblocking(False)
            stream.connect_ex(self._listener.getsockname())
            self._fill.append(stream)

    def stop(self):
        for stream in (*self._fill, self._listener):
            stream.close()


class Holder:
    """Accepts, and says nothing; `held` are the connections."""

    def __init__(self, address="127.0.0.1:0"):
        host, _, port = address.rpartition(":")
        self._listener = socket.create_server((host, int(port)), backlog=4096)
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self.held = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.held.append(self._listener.accept()[0])
            except OSError:
                return

    def stop(self):
        self._listener.close()
        for stream in self.held:
            stream.close()


class SlowWay:
    """Passes bytes on to `address` that long after they came, each way: a distant host."""

    def __init__(self, address, flight):
        host, _, port = address.rpartition(":")
        self._to, self._flight = (host, int(port)), flight
        self._server = Server(self._serve)
        self.address, self.stop = self._server.address, self._server.stop

    def _serve(self, client):
        # TCP's own handshake is one flight each way before anything can be sent.
        time.sleep(self._flight)
        with socket.create_connection(self._to) as server:
            for stream in (client, server):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            time.sleep(self._flight)
            back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
            back.start()
            self._pass(client, server)
            back.join()

    def _pass(self, source, sink):
        queued, ready = [], threading.Condition()

        def deliver():
            while True:
                with ready:
                    while not queued:
                        ready.wait()
                    due, data = queued.pop(0)
                time.sleep(max(0, due - time.monotonic()))
                try:
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)
                except OSError:
                    return

        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        data = b"x"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with ready:
                queued.append((time.monotonic() + self._flight, data))
                ready.notify()
        thread.join()
