"""The data channel: the WebSocket that a StreamUrl points to.

Owns the upgrade, the token check of the first message, and carrying messages between the socket
and the session's agent. A channel that is lost may be opened again with the token of a
ResumeSession: the agent goes on where it was.
"""

import asyncio
import json
import re

from . import http1, message, websocket
from .agents import make_agent

CHANNEL_NAME = re.compile(
    r"(vpce-[0-9a-z-]+\.)?ssmmessages(-fips)?\.[a-z0-9-]+(\.vpce)?(\.[a-z0-9-]+)+")
CHANNEL_PATH = re.compile(r"/v1/data-channel/([^/?]+)\?role=publish_subscribe(&.*)?")
OPEN_WITHIN = 10.0


def is_channel_name(name):
    return CHANNEL_NAME.fullmatch(name) is not None


class ChannelServer:
    """`destination`: (host, port) that every port session reaches."""

    def __init__(self, sessions, record, destination):
        self._sessions, self._record, self._destination = sessions, record, destination
        self._connections = 0

    async def serve(self, reader, writer):
        self._connections += 1
        try:
            request = await http1.read_request(reader)
            if request is not None:
                await self._serve_channel(request, reader, writer)
        except (http1.BadRequest, websocket.ProtocolError, ValueError, ConnectionError,
                TimeoutError) as bad:
            self._record.write("bad-channel", conn=self._connections, why=str(bad))
        except asyncio.CancelledError:
            pass  # the program ends; asyncio 3.11 would log it as an error
        finally:
            writer.close()

    async def _serve_channel(self, request, reader, writer):
        name = getattr(writer.get_extra_info("ssl_object"), "asked_name", None)
        session = self._find_session(request)
        self._record.write("channel", sni=name, head=request.raw_head,
                           session_id=session.session_id if session else None)
        key = self._upgrade_key(request)
        if session is None or key is None:
            writer.write(http1.render_answer(404 if session is None else 400,
                                             [("Content-Length", "0")]))
            return
        writer.write(http1.render_answer(101, [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", websocket.accept_key(key))]))
        socket = websocket.WebSocket(reader, writer, is_client=False)
        version = await self._open(socket, session)
        if version is None:
            await socket.close(1008)
            return
        await self._carry(socket, session, version)
        self._record.write("channel-end", session_id=session.session_id, status=session.status)

    def _find_session(self, request):
        match = CHANNEL_PATH.fullmatch(request.target)
        session = self._sessions.find(match.group(1)) if match else None
        return session if session and session.status == "Connected" else None

    @staticmethod
    def _upgrade_key(request):
        fits = (request.method == "GET"
                and (request.value("upgrade") or "").lower() == "websocket"
                and "upgrade" in (request.value("connection") or "").lower()
                and request.value("sec-websocket-version") == "13")
        return request.value("sec-websocket-key") if fits else None

    async def _open(self, socket, session):
        """The client's version ("" if it does not say one), or None if it may not come in."""
        first = await asyncio.wait_for(socket.receive(), OPEN_WITHIN)
        if first is None or first[0] != websocket.TEXT:
            return None
        opened = json.loads(first[1])
        good = bool(session.token) and opened.get("TokenValue") == session.token
        self._record.write("open-data-channel", session_id=session.session_id, token_ok=good)
        return opened.get("ClientVersion", "") if good else None

    async def _carry(self, socket, session, client_version):
        if session.agent is None:
            session.agent = make_agent(session, self._destination)
        agent = session.agent
        await agent.stream.attach(socket)
        # Before anything is read: a port session forwards what comes first as well.
        await agent.greet(client_version)
        resending = asyncio.create_task(agent.stream.keep_resending())
        reading = asyncio.create_task(self._read(socket, agent))
        ending = asyncio.create_task(agent.ended.wait())
        try:
            await asyncio.wait((reading, ending), return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                await agent.farewell()
                await socket.close()
            else:
                reading.result()
        finally:
            agent.stream.detach(socket)
            for task in (resending, reading, ending):
                task.cancel()
            await asyncio.gather(resending, reading, ending, return_exceptions=True)

    @staticmethod
    async def _read(socket, agent):
        while (got := await socket.receive()) is not None:
            if got[0] != websocket.BINARY:
                continue
            for ready in await agent.stream.take(message.unpack(got[1])):
                await agent.handle(ready)
