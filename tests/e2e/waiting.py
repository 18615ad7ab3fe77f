"""Waiting on conditions, and on processes: never for a fixed time."""

import threading
import time

DEADLINE = 60.0


def wait_for(condition, what, deadline=DEADLINE):
    """The first true value of `condition()`; fails with `what` when the deadline has passed."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:g} s in vain for {what}")
        time.sleep(0.01)


class Output:
    """The lines that a process writes to one pipe, read on a thread of their own."""

    def __init__(self, pipe):
        self._pipe, self._parts = pipe, []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with self._pipe:
            while data := self._pipe.read1(65536):
                self._parts.append(data)

    @property
    def text(self):
        return b"".join(self._parts).decode("utf-8", "backslashreplace")

    def join(self):
        self._thread.join()


def stop(process, deadline=20.0):
    """Ends a process that we started: SIGTERM, then SIGKILL; its exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(deadline)
        except Exception:
            process.kill()
            process.wait()
            raise
    return process.returncode
