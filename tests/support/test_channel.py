"""The stand-in's data channel: frames, messages, tokens, and going on after a loss."""

import asyncio
import hashlib
import json
import sys
import tempfile
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from standin import http1, message, server, websocket  # noqa: E402
from standin.__main__ import echo, port_of  # noqa: E402
from standin.credentials import CALLERS  # noqa: E402
from standin.data_channel import ChannelServer  # noqa: E402
from standin.message import Message  # noqa: E402
from standin.record import Record  # noqa: E402
from standin.sessions import Sessions  # noqa: E402
from standin.stream import Stream  # noqa: E402

KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # SOURCE: RFC 6455 §1.3


class Messages(unittest.TestCase):
    def test_layout(self):
        identity = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
        packed = Message(message.INPUT_STREAM, 7, message.OUTPUT, b"hello", 1, identity).pack()
        self.assertEqual(packed[:4], b"\0\0\0\x74")
        self.assertEqual(packed[4:36], b"input_stream_data               ")
        self.assertEqual(packed[48:64], (7).to_bytes(8, "big") + (1).to_bytes(8, "big"))
        self.assertEqual(packed[64:80].hex(), "8899aabbccddeeff0011223344556677")
        self.assertEqual(packed[80:112], hashlib.sha256(b"hello").digest())
        self.assertEqual(packed[112:], b"\0\0\0\x01\0\0\0\x05hello")
        again = message.unpack(packed)
        self.assertEqual((again.kind, again.sequence, again.payload, again.message_id),
                         (message.INPUT_STREAM, 7, b"hello", identity))

    def test_torn_messages_are_refused(self):
        packed = Message(message.INPUT_STREAM, 0, message.OUTPUT, b"hello").pack()
        for torn in (b"", packed[:119], packed[:-1], packed + b"x", b"\0\0\0\x75" + packed[4:]):
            with self.subTest(len(torn)), self.assertRaises(ValueError):
                message.unpack(torn)

    def test_kind_padded_with_nul_on_the_left(self):
        packed = Message(message.ACKNOWLEDGE, 0, 0, b"{}").pack()
        odd = packed[:4] + b"acknowledge".rjust(32, b"\0") + packed[36:]
        self.assertEqual(message.unpack(odd).kind, message.ACKNOWLEDGE)

    def test_accept_key(self):
        self.assertEqual(websocket.accept_key(KEY), ACCEPT)


class Channel(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.sessions = Sessions()
        echoing = await server.listen(echo, None)
        record = Record(Path(folder.name) / "r.jsonl")
        self.addCleanup(record.close)
        channel = ChannelServer(self.sessions, record, ("127.0.0.1", port_of(echoing)))
        listener = await server.listen(channel.serve, None)
        self.port = port_of(listener)
        for made in (echoing, listener):
            self.addAsyncCleanup(made.wait_closed)
            self.addCleanup(made.close)

    def start(self, document="SSM-SessionManagerRunShell"):
        body = {"Target": "i-0123456789abcdef0", "DocumentName": document}
        return self.sessions.start(CALLERS[0], "us-east-1", body)

    async def dial(self, session_id):
        """(status, WebSocket) of an upgrade."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.addCleanup(writer.close)
        writer.write((f"GET /v1/data-channel/{session_id}?role=publish_subscribe HTTP/1.1\r\n"
                      "Host: ssmmessages.us-east-1.amazonaws.com\r\nUpgrade: websocket\r\n"
                      f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ")[1]), websocket.WebSocket(reader, writer, is_client=True)

    async def open(self, session, token=None, **more):
        status, socket = await self.dial(session.session_id)
        self.assertEqual(status, 101)
        await socket.send_text(json.dumps({"TokenValue": token or session.token, **more}))
        return socket

    async def read_output(self, socket, stream, until):
        text = b""
        while not text.endswith(until):
            _, data = await asyncio.wait_for(socket.receive(), 10)
            for got in await stream.take(message.unpack(data)):
                text += got.payload
        return text

    async def test_shell_goes_on_over_a_second_channel(self):
        session = self.start()
        stream = Stream(message.INPUT_STREAM, message.OUTPUT_STREAM)
        socket = await self.open(session)
        await stream.attach(socket)
        await self.read_output(socket, stream, b"$ ")
        await stream.send(message.OUTPUT, b"echo ha")
        await socket.close()
        stream.detach(socket)
        await stream.send(message.OUTPUT, b"lves\r")
        session.renew_token()
        socket = await self.open(session)
        await stream.attach(socket)
        text = await self.read_output(socket, stream, b"$ ")
        self.assertIn(b"\nhalves\r\n", text)

    async def test_handshake_for_a_client_that_says_its_version(self):
        socket = await self.open(self.start("AWS-StartPortForwardingSession"),
                                 ClientVersion="1.2.0.0")
        _, data = await socket.receive()
        request = message.unpack(data)
        self.assertEqual(request.payload_type, message.HANDSHAKE_REQUEST)
        action = json.loads(request.payload)["RequestedClientActions"][0]
        self.assertEqual(action["ActionParameters"]["SessionType"], "Port")
        self.assertEqual(action["ActionParameters"]["Properties"]["type"], "LocalPortForwarding")

    async def test_wrong_or_spent_token_is_hung_up_on(self):
        session = self.start()
        spent = session.token
        session.renew_token()
        for token in ("x", spent):
            with self.subTest(token[:1]):
                socket = await self.open(session, token)
                self.assertIsNone(await asyncio.wait_for(socket.receive(), 10))

    async def test_unknown_and_terminated_sessions(self):
        self.assertEqual((await self.dial("nobody-0123"))[0], 404)
        session = self.start()
        self.sessions.terminate(session)
        self.assertEqual((await self.dial(session.session_id))[0], 404)

    async def test_unmasked_frame_ends_the_channel(self):
        _, socket = await self.dial(self.start().session_id)
        socket._is_client = False
        await socket.send_text("{}")
        socket._is_client = True
        self.assertIsNone(await asyncio.wait_for(socket.receive(), 10))


class Requests(unittest.IsolatedAsyncioTestCase):
    async def read(self, data):
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await http1.read_request(reader)

    async def test_what_no_client_sends_is_refused(self):
        for data in (b"POST / HTTP/1.0\r\n\r\n", b"POST /\r\n\r\n", b"POST / HTTP/1.1\r\nX\r\n\r\n",
                     b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
                     b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
                     b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nx", b"POST / HT",
                     b"POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", b"POST / HTTP/1.1\r\nA : b\r\n\r\n"):
            with self.subTest(data), self.assertRaises(http1.BadRequest):
                await self.read(data)

    async def test_bytes_are_kept(self):
        head = b"POST / HTTP/1.1\r\nX-b:  \xe9 \r\nContent-length: 2\r\n\r\n"
        request = await self.read(head + b"ok")
        self.assertEqual((request.raw_head, request.body), (head, b"ok"))
        self.assertIsNone(await self.read(b""))


if __name__ == "__main__":
    unittest.main()
