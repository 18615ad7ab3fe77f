"""From a StreamUrl to an open WebSocket, through a proxy if there is one.

Owns the CONNECT, the TLS and the upgrade. The bytes are those of AWS's plugin (Go, gorilla).
"""

import asyncio
import base64
import os
import ssl
import urllib.parse

from standin import websocket


class DialError(Exception):
    """The data channel could not be opened."""


async def expect_status(reader, status, what):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as end:
        raise DialError(f"{what}: the connection was closed") from end
    line = head.split(b"\r\n", 1)[0].decode("latin-1")
    if line.split(" ")[1:2] != [status]:
        raise DialError(f"{what}: {line}")
    return head


def basic_authorization(proxy):
    if proxy.username is None:
        return ""
    pair = ":".join(urllib.parse.unquote(part or "") for part in (proxy.username, proxy.password))
    return f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


async def open_socket(url, proxy):
    """A WebSocket for a wss:// address. `proxy`: a split URL, or None for a direct dial."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or 443
    try:
        reader, writer = await asyncio.open_connection(
            *((proxy.hostname, proxy.port) if proxy else (parts.hostname, port)))
    except OSError as failed:
        raise DialError(str(failed)) from failed
    if proxy:
        authority = f"{parts.hostname}:{port}"
        writer.write((f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
                      f"User-Agent: Go-http-client/1.1\r\n{basic_authorization(proxy)}\r\n"
                      ).encode("latin-1"))
        await expect_status(reader, "200", "the proxy refused")
    try:
        await writer.start_tls(ssl.create_default_context(), server_hostname=parts.hostname)
    except (ssl.SSLError, ConnectionError) as failed:
        raise DialError(str(failed)) from failed
    await upgrade(reader, writer, parts)
    return websocket.WebSocket(reader, writer, is_client=True)


async def upgrade(reader, writer, parts):
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write((f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                  "User-Agent: Go-http-client/1.1\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                  "Upgrade: websocket\r\n\r\n").encode("latin-1"))
    head = await expect_status(reader, "101", "the data channel refused")
    if websocket.accept_key(key).encode() not in head:
        raise DialError("the data channel answered another key")
