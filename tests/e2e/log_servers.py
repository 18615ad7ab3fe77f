"""Log servers made of sockets: syslog over a Unix socket, UDP, TCP and TLS, and journald.

Owns what they have been told. Each can be stopped and come back where it was.
"""

import os
import socket
import ssl
import struct
import threading

DATAGRAM_LIMIT = 1 << 20


class DatagramServer:
    """A Unix socket where `place` is a path, else UDP on a port of its own."""

    def __init__(self, place=None):
        self.place, self.messages = place, []
        self.port = 0
        self.start()

    @property
    def address(self):
        return f"unix:{self.place}" if self.place else f"udp://127.0.0.1:{self.port}"

    def start(self):
        if self.place:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.bind(str(self.place))
        else:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind(("127.0.0.1", self.port))
            self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._read, args=(self._socket,), daemon=True)
        self._thread.start()

    def _read(self, mine):
        while True:
            data, passed, _, _ = socket.recv_fds(mine, DATAGRAM_LIMIT, 1)
            if data == b"stop":
                mine.close()
                return
            for number in passed:  # journald's way for what is too long
                with os.fdopen(number, "rb") as file:
                    file.seek(0)
                    data = file.read()
            self.messages.append(data)

    def stop(self):
        family = socket.AF_UNIX if self.place else socket.AF_INET
        where = str(self.place) if self.place else ("127.0.0.1", self.port)
        with socket.socket(family, socket.SOCK_DGRAM) as wake:
            wake.sendto(b"stop", where)
        self._thread.join()
        if self.place:
            os.unlink(self.place)


class StreamServer:
    """TCP, or TLS with `context`; a Unix stream where `place` is a path."""

    def __init__(self, context=None, place=None):
        self.context, self.place, self.port, self.messages = context, place, 0, []
        self.start()

    @property
    def address(self):
        if self.place:
            return f"unix:{self.place}"
        return f"{'tls' if self.context else 'tcp'}://127.0.0.1:{self.port}"

    def start(self):
        if self.place:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.place))
            self._listener.listen()
        else:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
        self._open = []
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream):
        try:
            if self.context:
                stream = self.context.wrap_socket(stream, server_side=True)
            self._open.append(stream)
            with stream.makefile("rb") as file:
                while message := self._next(file):
                    self.messages.append(message)
        except (OSError, ValueError, ssl.SSLError):
            pass

    def _next(self, file):
        if self.place:
            return file.readline().removesuffix(b"\n")
        size = b""
        while (byte := file.read(1)) not in (b" ", b""):
            size += byte
        return file.read(int(size)) if size else b""

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stream in self._open:
            # A reset, as of a server that is killed: nothing lingers on the port.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                socket.socket.shutdown(stream, socket.SHUT_RDWR)
            except OSError:
                pass
            stream.close()
        if self.place:
            os.unlink(self.place)
