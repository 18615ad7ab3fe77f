"""What reached the stand-in, as JSON lines, so that a test can compare it with what was sent.

Owns one file. `head` and `body` are base64 of the exact bytes. It keeps tokens and signatures:
it is the far end's memory, not a log of the gateway.
"""

import base64
import datetime
import json
import os


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


class Record:
    """`watched`: a file whose size is noted as each request comes in, to prove what was written
    before it.
    """

    def __init__(self, path, watched=None):
        # Unbuffered, so that a line is one write and a reader never sees half of it.
        self._file = open(path, "ab", buffering=0)
        self._watched = watched

    def write(self, kind, **fields):
        line = {"time": utc_now().isoformat(timespec="microseconds"), "kind": kind}
        for name, value in fields.items():
            line[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        self._file.write(json.dumps(line).encode() + b"\n")

    def watched_size(self):
        try:
            return os.stat(self._watched).st_size if self._watched else None
        except OSError:
            return None

    def close(self):
        self._file.close()
