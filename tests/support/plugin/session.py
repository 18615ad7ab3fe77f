"""The client's end of a session: handshake, then a shell or a forwarded port.

Owns what the payloads mean to a client. Order and acknowledgement are standin.stream's.
"""

import asyncio
import json
import os
import struct
import sys
import threading
import uuid

from plugin.dial import DialError, open_socket
from standin import message, websocket
from standin.stream import Stream

CLIENT_VERSION = "1.2.0.0"


class Client:
    """Common to both session types; `opened` is called when the handshake is over."""

    def __init__(self, stream, properties):
        self.stream, self.properties = stream, properties

    async def opened(self):
        """The handshake is over."""

    async def handle_output(self, data):
        """Bytes from the node."""

    async def handle_flag(self, flag):
        """A flag from the node."""


class ShellClient(Client):
    async def opened(self):
        # A daemon thread, because a blocked read of a terminal cannot be given up.
        threading.Thread(target=self._type, args=(asyncio.get_running_loop(),),
                         daemon=True).start()

    def _type(self, loop):
        while data := os.read(sys.stdin.fileno(), message.CHUNK):
            asyncio.run_coroutine_threadsafe(self.stream.send(message.OUTPUT, data), loop)

    async def handle_output(self, data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


class PortClient(Client):
    """One local connection at a time, as AWS's plugin does with an agent this old."""

    _writer = None

    async def opened(self):
        port = int(self.properties.get("localPortNumber") or 0)
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", port)
        port = self._listener.sockets[0].getsockname()[1]
        print(f"Port {port} opened for sessionId.\nWaiting for connections...", flush=True)

    async def _serve(self, reader, writer):
        print("\nConnection accepted for session.", flush=True)
        self._writer = writer
        try:
            while data := await reader.read(message.CHUNK):
                await self.stream.send(message.OUTPUT, data)
            flag = struct.pack(">I", message.DISCONNECT_TO_PORT)
            await self.stream.send(message.FLAG, flag)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def handle_output(self, data):
        if self._writer is not None:
            self._writer.write(data)
            await self._writer.drain()

    async def handle_flag(self, flag):
        if flag == message.CONNECT_TO_PORT_ERROR:
            print("Connection to destination port failed, check SSM Agent logs.", flush=True)


async def answer_handshake(stream, payload):
    """Agrees to what the agent asks; gives the client for the session type."""
    request = json.loads(payload)
    done, client = [], None
    for action in request["RequestedClientActions"]:
        if action["ActionType"] != "SessionType":
            raise DialError(f"unsupported action {action['ActionType']}")
        parameters = action["ActionParameters"]
        kind = PortClient if parameters["SessionType"] == "Port" else ShellClient
        client = kind(stream, parameters.get("Properties") or {})
        done.append({"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": None,
                     "Error": ""})
    response = {"ClientVersion": CLIENT_VERSION, "ProcessedClientActions": done, "Errors": None}
    await stream.send(message.HANDSHAKE_RESPONSE, json.dumps(response).encode())
    return client


async def carry(socket, stream):
    """Until the node closes the channel: True; or until the socket is lost: False."""
    client = None
    while (got := await socket.receive()) is not None:
        for ready in await stream.take(message.unpack(got[1])):
            if ready.kind == message.CHANNEL_CLOSED:
                return True
            if ready.payload_type == message.HANDSHAKE_REQUEST:
                client = await answer_handshake(stream, ready.payload)
            elif ready.payload_type == message.HANDSHAKE_COMPLETE:
                await client.opened()
            elif ready.payload_type == message.FLAG:
                await client.handle_flag(struct.unpack(">I", ready.payload)[0])
            elif ready.payload_type == message.OUTPUT:
                await client.handle_output(ready.payload)
    return False


async def hold_session(answer, proxy):
    """The whole session of one StartSession answer; the plugin's exit status."""
    try:
        socket = await open_socket(answer["StreamUrl"], proxy)
    except DialError as failed:
        print(f"session-manager-plugin: {failed}", file=sys.stderr)
        return 1
    first = {"MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()),
             "TokenValue": answer["TokenValue"], "ClientId": str(uuid.uuid4()),
             "ClientVersion": CLIENT_VERSION}
    await socket.send_text(json.dumps(first))
    stream = Stream(message.INPUT_STREAM, message.OUTPUT_STREAM)
    await stream.attach(socket)
    try:
        ended = await carry(socket, stream)
    except (DialError, ValueError, websocket.ProtocolError) as failed:
        print(f"session-manager-plugin: {failed}", file=sys.stderr)
        return 1
    print(f"\n\nExiting session with sessionId: {answer['SessionId']}.\n", flush=True)
    return 0 if ended else 1
