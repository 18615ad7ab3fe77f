"""TLS to the gateway itself, and the client's own TLS inside it."""

import socket
import ssl


def outer_context(root, shown=None):
    """Trusts `root` and shows a certificate and its key."""
    context = ssl.create_default_context(cafile=str(root))
    if shown:
        context.load_cert_chain(*map(str, shown))
    return context


def enter_tls(port, root, name, shown=None):
    """The outer TLS; in TLS 1.3 it is only the first read that says whether we are in."""
    stream = socket.create_connection(("127.0.0.1", port), 30)
    try:
        return outer_context(root, shown).wrap_socket(stream, server_hostname=name)
    except BaseException:
        stream.close()
        raise


class Nested:
    """TLS over another TLS socket."""

    def __init__(self, outer, context, name):
        self._outer = outer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._do(self._tls.do_handshake)

    def _do(self, action, *arguments):
        while True:
            try:
                result = action(*arguments)
                self._outer.sendall(self._out.read())
                return result
            except ssl.SSLWantReadError:
                self._outer.sendall(self._out.read())
                data = self._outer.recv(65536)
                if not data:
                    raise EOFError("the outer stream ended") from None
                self._in.write(data)

    def sendall(self, data):
        self._do(self._tls.write, data)

    def recv(self, size):
        return self._do(self._tls.read, size)

    def close(self):
        self._outer.close()
