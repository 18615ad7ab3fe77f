"""A CONNECT proxy that looks at nothing: the same test without a gateway.

It proves that a test can fail (with it, nothing is refused), and that the stand-in alone behaves.
Owns a thread a connection. It is not a model of the gateway.
"""

import select
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


def carry_by_turns(secure, plain):
    """Both ways on one thread: Python's TLS does not read and write at once. Ends with either."""
    while True:
        ready = [secure] if secure.pending() else select.select([secure, plain], [], [])[0]
        for source, sink in ((secure, plain), (plain, secure)):
            if source not in ready:
                continue
            data = source.recv(65536)
            if not data:
                return
            sink.sendall(data)


class ConnectProxy:
    """`route(host, port)` → (address, port) or None. `heads` keeps every CONNECT's bytes.

    `context`: TLS is spoken to the proxy itself. `credentials`: what Proxy-Authorization must say,
    else 407. `answer`: a function that gets the client's socket instead of anything being opened.
    """

    def __init__(self, route, context=None, credentials=None, answer=None):
        self._route, self._context = route, context
        self.credentials, self.answer = credentials, answer
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
        try:
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            with client:
                self._connect(client)
        except OSError:
            client.close()

    def _connect(self, client):
        head = read_head(client)
        if head is None:
            return
        self.heads.append(head)
        if self.answer:
            self.answer(client)
            return
        wanted = f"Proxy-Authorization: {self.credentials}\r\n".encode()
        if self.credentials and wanted not in head:
            client.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n"
                           b"Content-Length: 0\r\n\r\n")
            return
        host, _, port = head.split(b" ", 2)[1].decode("latin-1").rpartition(":")
        destination = self._route(host.rstrip("."), int(port))
        if destination is None:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(destination) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._context:
                carry_by_turns(client, server)
                return
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
