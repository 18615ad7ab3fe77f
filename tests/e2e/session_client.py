"""Sessions made by hand: StartSession from any address, its data channel opened, lost and resumed.

Owns the client's end of a data channel, on standin.stream. What the real clients do with a session
is in their own tests.
"""

import asyncio
import contextlib
import hashlib
import json
import random
import socket
import ssl
import urllib.parse
import uuid

from clients import ALICE, TARGET
from identity_case import CHANNEL, connect_head, in_tls
from raw import HOST, read_answer, read_to_end, signed
from waiting import wait_for

from plugin.dial import open_socket  # noqa: E402
from standin import message  # noqa: E402
from standin.stream import Stream  # noqa: E402

FORWARD = {"DocumentName": "AWS-StartPortForwardingSession", "Parameters": {"portNumber": ["22"]}}
SHELL = {}


def call(world, operation, body, caller=ALICE, source=None, fields=(), port=None):
    """The whole HTTP answer to one signed request, from the address `source`."""
    port = port or world.gateway.port
    with socket.create_connection(("127.0.0.1", port), 30, source and (source, 0)) as stream:
        stream.sendall(connect_head(HOST, 443, *fields))
        answer, _ = read_answer(stream)
        if answer.status != 200:
            raise AssertionError(f"CONNECT was answered {answer.status} {answer.body!r}")
        with in_tls(world, stream) as secure:
            secure.sendall(signed(caller, operation, body))
            return read_answer(secure)[0]


def start(world, target=TARGET, document=None, **options):
    """The JSON of StartSession's answer."""
    answer = call(world, "StartSession", {"Target": target, **(document or SHELL)}, **options)
    if answer.status != 200:
        raise AssertionError(f"StartSession was answered {answer.status} {answer.body!r}")
    return answer.json


def resume(world, session_id, **options):
    return call(world, "ResumeSession", {"SessionId": session_id}, **options)


def terminate(world, session_id, **options):
    return call(world, "TerminateSession", {"SessionId": session_id}, **options)


class Refused(Exception):
    """A CONNECT that was not answered with 200; `answer` is what it got."""

    def __init__(self, answer):
        super().__init__(f"{answer.status} {answer.body!r}")
        self.answer = answer


def connect_channel(world, host=CHANNEL, source=None, fields=(), port=None):
    """A socket behind a CONNECT to the data channel, or Refused."""
    port = port or world.gateway.port
    stream = socket.create_connection(("127.0.0.1", port), 30, source and (source, 0))
    try:
        stream.sendall(connect_head(host, 443, *fields))
        answer, _ = read_answer(stream)
        if answer.status != 200:
            raise Refused(answer)
        return stream
    except BaseException:
        stream.close()
        raise


def dial(world, host=CHANNEL, name=None, **options):
    """A verified TLS stream to the data channel, or Refused."""
    stream = connect_channel(world, host, **options)
    try:
        context = ssl.create_default_context(cafile=str(world.stand_in.root))
        return context.wrap_socket(stream, server_hostname=name or host)
    except BaseException:
        stream.close()
        raise


def is_cut(stream):
    """Waits until the other side has ended it."""
    stream.settimeout(30)
    return read_to_end(stream) == b""


class Shared:
    """The lines of the audit log about one session."""

    def __init__(self, world, session_id):
        self._world, self.session_id = world, session_id

    def lines(self, event):
        return [line for line in self._world.gateway.audit(event)
                if line.get("session_id") == self.session_id]

    def end(self, count=1):
        """Its `session-end`, the newest of `count`."""
        lines = wait_for(lambda: len(found := self.lines("session-end")) >= count and found,
                         "the session's end")
        if len(lines) != count:
            raise AssertionError(f"{len(lines)} ends of one session: {lines}")
        return lines[-1]


class Channel:
    """The client's end of a data channel that may be lost and come back. An old client's: without
    a handshake."""

    def __init__(self, world, answer):
        self._world, self.answer = world, answer
        self.stream = Stream(message.INPUT_STREAM, message.OUTPUT_STREAM)
        self.received = bytearray()
        self.closed = False  # the node said so
        self._socket = self._reader = self._resender = None

    async def open(self, answer=None):
        self.answer = answer or self.answer
        proxy = urllib.parse.urlsplit(f"http://127.0.0.1:{self._world.gateway.port}")
        self._socket = await open_socket(self.answer["StreamUrl"], proxy)
        await self._socket.send_text(json.dumps(
            {"MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()),
             "TokenValue": self.answer["TokenValue"]}))
        await self.stream.attach(self._socket)
        self._reader = asyncio.create_task(self._read(self._socket))
        self._resender = asyncio.create_task(self.stream.keep_resending())
        return self

    async def _read(self, channel):
        while (got := await channel.receive()) is not None:
            for ready in await self.stream.take(message.unpack(got[1])):
                self.closed = self.closed or ready.kind == message.CHANNEL_CLOSED
                if ready.payload_type == message.OUTPUT and ready.kind == message.OUTPUT_STREAM:
                    self.received += ready.payload

    async def send(self, data):
        await self.stream.send(message.OUTPUT, data)

    async def until(self, condition, what):
        for _ in range(6000):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"waited in vain for {what}")

    async def lost(self):
        """Until the channel's socket has ended."""
        await asyncio.wait_for(asyncio.shield(self._reader), 30)
        self._resender.cancel()

    async def close(self):
        for task in (self._reader, self._resender):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        if self._socket is not None:
            await self._socket.close()

    async def echo(self, size, seed=1):
        """So many bytes there and back; true when they are the same by checksum."""
        data = random.Random(seed).randbytes(size)
        before = len(self.received)
        await self.send(data)
        await self.until(lambda: len(self.received) >= before + size, "the echo")
        return hashlib.sha256(self.received[before:]).digest() == hashlib.sha256(data).digest()
