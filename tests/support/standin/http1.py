"""HTTP/1.1 as the stand-in reads and writes it: a request kept as the bytes it came in.

Owns reading one request from a stream, and rendering an answer. It is strict on purpose (no
chunked requests, no folded lines): whatever an SSM client never sends is an error here.
"""

import asyncio
from dataclasses import dataclass, field

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 16 * 1024 * 1024

REASONS = {101: "Switching Protocols", 200: "OK", 400: "Bad Request", 404: "Not Found",
           500: "Internal Server Error"}


class BadRequest(Exception):
    """The bytes are not a request that this service reads."""


@dataclass
class Request:
    method: str
    target: str
    headers: list = field(default_factory=list)  # (name, value) as sent, in order
    body: bytes = b""
    raw_head: bytes = b""
    noted: object = None  # what `note` gave when the head had come in

    def values(self, name):
        """Every value of one header, in order, as sent but for the blanks around it."""
        return [value.strip(" \t") for key, value in self.headers if key.lower() == name]

    def value(self, name):
        found = self.values(name)
        return found[0] if len(found) == 1 else None


def parse_head(raw):
    """The head up to and with its empty line → a Request without a body. Latin-1, so lossless."""
    lines = raw.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) < 3 or parts[-1] != "HTTP/1.1":
        raise BadRequest("not an HTTP/1.1 request line")
    request = Request(parts[0], " ".join(parts[1:-1]), raw_head=raw)
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest("not a header line")
        request.headers.append((name, value))
    return request


def body_length(request):
    if request.values("transfer-encoding"):
        raise BadRequest("a transfer encoding")
    lengths = request.values("content-length")
    if not lengths:
        return 0
    if len(lengths) > 1 or not lengths[0].isascii() or not lengths[0].isdigit():
        raise BadRequest("not one content length")
    if int(lengths[0]) > BODY_LIMIT:
        raise BadRequest("a body over the limit")
    return int(lengths[0])


async def read_request(reader, note=lambda: None):
    """One request, or None where the client has left between two of them.

    `note` is called as soon as the head is there, before the body is waited for.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise BadRequest("a torn head") from end
        return None
    except asyncio.LimitOverrunError as long:
        raise BadRequest("a head over the limit") from long
    noted = note()
    request = parse_head(raw)
    request.noted = noted
    try:
        request.body = await reader.readexactly(body_length(request))
    except asyncio.IncompleteReadError as end:
        raise BadRequest("a torn body") from end
    return request


def render_answer(status, headers, body=b""):
    lines = [f"HTTP/1.1 {status} {REASONS[status]}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
