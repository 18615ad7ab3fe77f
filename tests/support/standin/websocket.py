"""WebSocket frames over a pair of asyncio streams, for either side.

Owns RFC 6455 §5: frames, masks, fragments, ping, close. The HTTP upgrade before it is the
caller's, but for the accept key.
"""

import base64
import hashlib
import os
import struct

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # SOURCE: RFC 6455 §1.3
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MESSAGE_LIMIT = 1024 * 1024


class ProtocolError(Exception):
    """The peer does not speak RFC 6455."""


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def apply_mask(data, mask):
    if not data:
        return data
    stretched = (mask * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stretched, "big")).to_bytes(
        len(data), "big")


class WebSocket:
    """`is_client`: masks what it sends and takes unmasked frames; a server does the reverse."""

    def __init__(self, reader, writer, is_client):
        self._reader, self._writer, self._is_client = reader, writer, is_client

    async def receive(self):
        """(TEXT or BINARY, payload) of the next whole message; None when the peer has left."""
        kind, parts, size = None, [], 0
        while True:
            frame = await self._read_frame()
            if frame is None:
                return None
            final, opcode, data = frame
            if opcode == PING:
                await self._send(PONG, data)
            elif opcode == CLOSE:
                await self._send(CLOSE, data[:2])
                return None
            elif opcode in (TEXT, BINARY, CONTINUATION):
                if (opcode == CONTINUATION) != (kind is not None):
                    raise ProtocolError("a fragment out of place")
                kind = kind or opcode
                size += len(data)
                if size > MESSAGE_LIMIT:
                    raise ProtocolError("a message over the limit")
                parts.append(data)
                if final:
                    return kind, b"".join(parts)
            elif opcode != PONG:
                raise ProtocolError("an unknown opcode")

    async def _read_frame(self):
        try:
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                length, = struct.unpack(">H", await self._reader.readexactly(2))
            elif length == 127:
                length, = struct.unpack(">Q", await self._reader.readexactly(8))
            if length > MESSAGE_LIMIT or first & 0x70:
                raise ProtocolError("a frame over the limit, or a reserved bit")
            if bool(second & 0x80) == self._is_client:
                raise ProtocolError("a mask where none belongs, or none where one does")
            mask = b"" if self._is_client else await self._reader.readexactly(4)
            data = await self._reader.readexactly(length)
        except (EOFError, ConnectionError, TimeoutError):
            return None
        return bool(first & 0x80), first & 0x0F, apply_mask(data, mask) if mask else data

    async def send_text(self, text):
        await self._send(TEXT, text.encode())

    async def send_binary(self, data):
        await self._send(BINARY, data)

    async def close(self, code=1000):
        await self._send(CLOSE, struct.pack(">H", code))
        self._writer.close()

    async def _send(self, opcode, data):
        head = bytes([0x80 | opcode])
        mask_bit = 0x80 if self._is_client else 0
        if len(data) < 126:
            head += bytes([mask_bit | len(data)])
        elif len(data) < 65536:
            head += bytes([mask_bit | 126]) + struct.pack(">H", len(data))
        else:
            head += bytes([mask_bit | 127]) + struct.pack(">Q", len(data))
        if self._is_client:
            mask = os.urandom(4)
            head, data = head + mask, apply_mask(data, mask)
        try:
            self._writer.write(head + data)
            await self._writer.drain()
        except (ConnectionError, RuntimeError):
            pass  # the reading side finds out
