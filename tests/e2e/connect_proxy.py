"""A CONNECT proxy that looks at nothing: the same test without a gateway.

It proves that a test can fail (with it, nothing is refused), and that the stand-in alone behaves.
Owns a thread a connection. It is not a model of the gateway.
"""

import socket
import threading


def read_head(client):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(4096)
        if not data or len(head) > 65536:
            return None
        head += data
    return head


def pump(source, sink):
    """Bytes until the end, which is passed on as a half-close."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class ConnectProxy:
    """`route(host, port)` → (address, port) or None. `heads` keeps every CONNECT's bytes."""

    def __init__(self, route):
        self._route = route
        self.heads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = read_head(client)
            if head is None:
                return
            self.heads.append(head)
            host, _, port = head.split(b" ", 2)[1].decode("latin-1").rpartition(":")
            destination = self._route(host.rstrip("."), int(port))
            if destination is None:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(destination) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
