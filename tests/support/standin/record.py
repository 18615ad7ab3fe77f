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
    """`watched`: a file whose size at each moment is noted, to prove what was written before."""

    def __init__(self, path, watched=None):
        self._file = open(path, "a", encoding="utf-8", buffering=1)
        self._watched = watched

    def write(self, kind, **fields):
        line = {"time": utc_now().isoformat(timespec="microseconds"), "kind": kind}
        if self._watched:
            line["watched_size"] = self._size()
        for name, value in fields.items():
            line[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        self._file.write(json.dumps(line) + "\n")

    def _size(self):
        try:
            return os.stat(self._watched).st_size
        except OSError:
            return None

    def close(self):
        self._file.close()
