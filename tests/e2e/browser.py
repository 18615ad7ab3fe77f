"""A headless Chromium, told what to do over a pipe (the DevTools protocol); nothing to install
beside it.

Owns the browser's process and its own empty profile. SOURCE: --remote-debugging-pipe: JSON messages
that end in a NUL, in by descriptor 3, out by descriptor 4.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time

from waiting import wait_for

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--disable-extensions", "--mute-audio", "--no-proxy-server",
         "--disable-dev-shm-usage", "--remote-debugging-pipe")
DEADLINE = 90.0


def find():
    """The program, or nothing."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One page. Events of the console and of broken security rules are kept in `troubles`."""

    def __init__(self, folder, environment):
        (folder / "profile").mkdir(parents=True)
        down, self._down = os.pipe()
        self._up, up = os.pipe()
        command = [find(), *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{down} 4>&{up}', "-", *command], env=environment,
            pass_fds=(down, up), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(down)
        os.close(up)
        self._buffer, self._number, self._session = b"", 0, None
        self.troubles = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target,
                                  flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """The result of one command; an error of the browser is one of the test."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._down, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + DEADLINE
        while True:
            answer = self._read(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._keep(answer)

    def _read(self, end):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._up], [], [], max(0, end - time.monotonic()))
            data = os.read(self._up, 1 << 20) if ready else b""
            assert data, "the browser ended" if ready else "the browser does not answer"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _keep(self, event):
        method, said = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.troubles.append(said["exceptionDetails"]["exception"].get("description"))
        if method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.troubles.append(said["entry"]["text"])

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, url, width, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)

    def wait(self, expression, what):
        """The first true value of a JavaScript expression."""
        return wait_for(lambda: self.evaluate(expression), what)

    def press(self, key, code=None):
        text = {"Enter": "\r"}.get(key, "")
        numbers = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key,
                      windowsVirtualKeyCode=numbers[key], text=text if kind == "keyDown" else "")

    def screenshot(self, path):
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def close(self):
        os.close(self._down)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session's, all of them ours
            self._process.wait()
        os.close(self._up)
