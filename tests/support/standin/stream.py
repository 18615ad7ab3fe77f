"""The ordered, acknowledged stream of messages inside a data channel, for either end.

Owns sequence numbers, acknowledgements, and what must be sent again when a session is resumed
over a new socket. What the payloads mean is the agent's or the plugin's.
"""

import asyncio
import json

from . import message
from .message import Message

RESEND_AFTER = 1.0


class Stream:
    """`sends`, `takes`: the message kinds of the two directions, as seen from this end."""

    def __init__(self, sends, takes):
        self._sends, self._takes = sends, takes
        self._socket = None
        self._next_out, self._next_in = 0, 0
        self._unacknowledged, self._early = {}, {}

    async def attach(self, socket):
        """From now on over this socket; what the other end has not acknowledged goes again."""
        self._socket = socket
        for waiting in list(self._unacknowledged.values()):
            await socket.send_binary(waiting.pack())

    def detach(self, socket):
        if self._socket is socket:
            self._socket = None

    async def send(self, payload_type, payload):
        for start in range(0, len(payload) or 1, message.CHUNK):
            out = Message(self._sends, self._next_out, payload_type,
                          payload[start:start + message.CHUNK], 0 if self._next_out else 1)
            self._unacknowledged[self._next_out] = out
            self._next_out += 1
            await self.send_unsequenced(out)

    async def send_unsequenced(self, out):
        if self._socket is not None:
            await self._socket.send_binary(out.pack())

    async def take(self, got):
        """The messages that are now in order, oldest first; acknowledges what it sees."""
        if got.kind == message.ACKNOWLEDGE:
            self._forget(got)
            return []
        if got.kind != self._takes:
            return [got] if got.kind == message.CHANNEL_CLOSED else []
        await self._acknowledge(got)
        if got.sequence >= self._next_in:
            self._early[got.sequence] = got
        ready = []
        while self._next_in in self._early:
            ready.append(self._early.pop(self._next_in))
            self._next_in += 1
        return ready

    def _forget(self, acknowledgement):
        try:
            sequence = json.loads(acknowledgement.payload)["AcknowledgedMessageSequenceNumber"]
        except (ValueError, KeyError, TypeError):
            return
        self._unacknowledged.pop(sequence, None)

    async def _acknowledge(self, got):
        body = {"AcknowledgedMessageType": got.kind,
                "AcknowledgedMessageId": str(got.message_id),
                "AcknowledgedMessageSequenceNumber": got.sequence, "IsSequentialMessage": True}
        await self.send_unsequenced(Message(message.ACKNOWLEDGE, 0, 0, json.dumps(body).encode(),
                                            flags=3))

    async def keep_resending(self):
        """Runs beside an attached socket: sends again what has waited too long."""
        while True:
            before = set(self._unacknowledged)
            await asyncio.sleep(RESEND_AFTER)
            for sequence in sorted(before & set(self._unacknowledged)):
                await self.send_unsequenced(self._unacknowledged[sequence])
