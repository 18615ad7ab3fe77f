"""What runs on the pretended node: a tiny shell, or a forward to a TCP port.

Owns the handshake and both session types. An agent lives as long as its session, over as many
data channels as the client opens for it. SOURCE: amazon-ssm-agent, agent/session.
"""

import asyncio
import json
import struct

from . import message
from .message import Message
from .stream import Stream

# Up to 3.0.196.0 a client forwards one connection at a time, without smux.
AGENT_VERSION = "3.0.100.0"
PROMPT = b"sh-5.2$ "


class Agent:
    """The node's end of one session; `ended` is set once when the session is over."""

    session_type, properties = "Standard_Stream", {}

    def __init__(self, session):
        self.session = session
        self.stream = Stream(message.OUTPUT_STREAM, message.INPUT_STREAM)
        self.ended = asyncio.Event()
        self._greeted = False

    async def greet(self, client_version):
        """After each opened channel. An old client, or none that says so, gets no handshake."""
        if self._greeted:
            return
        self._greeted = True
        if not client_version:
            await self.start()
            return
        action = {"ActionType": "SessionType",
                  "ActionParameters": {"SessionType": self.session_type,
                                       "Properties": self.properties}}
        request = {"AgentVersion": AGENT_VERSION, "RequestedClientActions": [action]}
        await self.stream.send(message.HANDSHAKE_REQUEST, json.dumps(request).encode())

    async def handle(self, got):
        """One message of the client, in order."""
        if got.payload_type == message.HANDSHAKE_RESPONSE:
            complete = {"HandshakeTimeToComplete": 1000000, "CustomerMessage": ""}
            await self.stream.send(message.HANDSHAKE_COMPLETE, json.dumps(complete).encode())
            await self.start()
        elif got.payload_type == message.FLAG and len(got.payload) == 4:
            await self.handle_flag(struct.unpack(">I", got.payload)[0])
        elif got.payload_type == message.OUTPUT:
            await self.handle_input(got.payload)

    async def handle_flag(self, flag):
        if flag == message.TERMINATE_SESSION:
            self.end()

    async def farewell(self):
        """The last message of the last channel."""
        closed = {"MessageType": message.CHANNEL_CLOSED, "SchemaVersion": 1, "Output": "",
                  "SessionId": self.session.session_id, "DestinationId": self.session.target}
        await self.stream.send_unsequenced(Message(message.CHANNEL_CLOSED, 0, 0,
                                                   json.dumps(closed).encode()))

    def end(self):
        self.session.status = "Terminated"
        self.ended.set()

    async def start(self):
        """The client is ready."""

    async def handle_input(self, data):
        """Bytes that the client typed or forwards."""


class ShellAgent(Agent):
    def __init__(self, session):
        super().__init__(session)
        self._line = b""

    async def start(self):
        await self.stream.send(message.OUTPUT, PROMPT)

    async def handle_input(self, data):
        for byte in data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"):
            if byte != 0x0A:
                self._line += bytes([byte])
                continue
            line, self._line = self._line, b""
            if line.strip() == b"exit":
                await self.stream.send(message.OUTPUT, line + b"\r\nexit\r\n")
                self.end()
                return
            await self.stream.send(message.OUTPUT, line + b"\r\n" + self._run(line) + PROMPT)

    @staticmethod
    def _run(line):
        command, _, rest = line.strip().partition(b" ")
        answers = {b"": b"", b"echo": rest + b"\r\n", b"whoami": b"ssm-user\r\n",
                   b"hostname": b"stand-in\r\n"}
        return answers.get(command, b"sh: " + command + b": command not found\r\n")


class PortAgent(Agent):
    """Forwards to `destination`, whatever port the session asked for: it is this machine's."""

    session_type = "Port"

    def __init__(self, session, destination):
        super().__init__(session)
        self._destination = destination
        self._writer, self._reading = None, None
        given = {name: values[0] for name, values in session.parameters.items() if values}
        self.properties = {"portNumber": given.get("portNumber", "80")}
        if session.document != "AWS-StartSSHSession":
            self.properties.update(type="LocalPortForwarding",
                                   localPortNumber=given.get("localPortNumber", "0"))
            if "host" in given:
                self.properties["host"] = given["host"]

    async def start(self):
        try:
            reader, self._writer = await asyncio.open_connection(*self._destination)
        except OSError:
            await self._send_flag(message.CONNECT_TO_PORT_ERROR)
            return
        self._reading = asyncio.create_task(self._pump(reader))

    async def _pump(self, reader):
        while data := await reader.read(message.CHUNK):
            await self.stream.send(message.OUTPUT, data)
        self.end()

    async def handle_input(self, data):
        if self._writer is not None:
            self._writer.write(data)
            await self._writer.drain()

    async def handle_flag(self, flag):
        await super().handle_flag(flag)
        if flag == message.DISCONNECT_TO_PORT:
            self._hang_up()
            await self.start()

    async def _send_flag(self, flag):
        await self.stream.send(message.FLAG, struct.pack(">I", flag))

    def _hang_up(self):
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._reading = None

    def end(self):
        super().end()
        if self._writer is not None:
            self._writer.close()


def make_agent(session, destination):
    is_port = any(word in session.document for word in ("PortForwarding", "SSHSession"))
    if is_port:
        return PortAgent(session, destination)
    return ShellAgent(session)
