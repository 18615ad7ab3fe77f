"""The binary messages that an SSM data channel carries, and back.

Owns the layout alone. SOURCE: session-manager-plugin, src/message/clientmessage.go.
"""

import hashlib
import struct
import time
import uuid
from dataclasses import dataclass, field

HEADER = struct.Struct(">I32sIQqQ16s32sII")
HEADER_LENGTH = 116  # the offset of the payload's length; the payload begins four bytes behind

OUTPUT_STREAM = "output_stream_data"
INPUT_STREAM = "input_stream_data"
ACKNOWLEDGE = "acknowledge"
CHANNEL_CLOSED = "channel_closed"

OUTPUT, ERROR, SIZE = 1, 2, 3
HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE = 5, 6, 7
FLAG = 10
DISCONNECT_TO_PORT, TERMINATE_SESSION, CONNECT_TO_PORT_ERROR = 1, 2, 3
CHUNK = 1024  # SOURCE: the plugin's StreamDataPayloadSize


@dataclass
class Message:
    kind: str
    sequence: int
    payload_type: int
    payload: bytes
    flags: int = 0
    message_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def pack(self):
        identity = self.message_id.bytes
        return HEADER.pack(HEADER_LENGTH, self.kind.encode().ljust(32), 1,
                           int(time.time() * 1000), self.sequence, self.flags,
                           identity[8:] + identity[:8], hashlib.sha256(self.payload).digest(),
                           self.payload_type, len(self.payload)) + self.payload


def unpack(data):
    """A Message, or ValueError.

    LIMIT: the digest is not checked, because ssm-session writes 32 hex digits of another text
    there, and pads the kind with NUL on the left; it works with AWS all the same.
    """
    if len(data) < HEADER.size:
        raise ValueError("shorter than a header")
    (length, kind, _schema, _created, sequence, flags, identity, _digest, payload_type,
     payload_length) = HEADER.unpack_from(data)
    payload = data[HEADER.size:]
    if length != HEADER_LENGTH or payload_length != len(payload):
        raise ValueError("lengths that do not fit")
    return Message(kind.strip(b" \0").decode("ascii"), sequence, payload_type, payload, flags,
                   uuid.UUID(bytes=identity[8:] + identity[:8]))
