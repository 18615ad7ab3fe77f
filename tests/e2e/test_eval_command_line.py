"""`ssmgate eval -- aws ssm start-session …` against the AWS CLI itself, spelling by spelling.

command_lines.json holds them: words behind `aws ssm start-session`, or a whole command. `same`: the
request is the one that the CLI sends. `refused`: by both. `stricter`: some version of the CLI sends
something, and ssmgate refuses rather than to guess. `version2`: only version 2 of the CLI takes it.

The CLI needs a second a line, so that it is asked for every fourth; with SSMGATE_NIGHTLY set for all.
"""

import concurrent.futures
import http.server
import json
import os
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from clients import need, run

HERE = Path(__file__).resolve().parent
TABLE = json.loads((HERE / "command_lines.json").read_text("utf-8"))
REFUSAL = b'{"__type": "AccessDeniedException", "message": "recorded"}'
FILES = {
    "parameters.json": b'{"host": ["file.example.com"], "portNumber": ["5432"]}\n',
    "windows.json": b'{"host":\r\n ["file.example.com"]}\r\n',
    "shorthand.txt": b"host=file.example.com,portNumber=5432\n",
    "target.txt": b"i-0123456789abcdef0",
    "reason.txt": b"one line\r\nand another\rand\n",
    "latin1.json": b'{"host": ["\xfc"]}',
    "empty.txt": b"",
    "input.json": b'{"Target": "i-0123456789abcdef0", "Parameters": {"command": ["ls"]}}',
}


class Recorder(http.server.BaseHTTPRequestHandler):
    """Keeps the body that was posted to /NUMBER and refuses, which ends the CLI at once."""

    bodies = {}

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.bodies[self.path.strip("/")] = self.rfile.read(size)
        self.send_response(400)
        self.send_header("Content-Length", str(len(REFUSAL)))
        self.end_headers()
        self.wfile.write(REFUSAL)

    def log_message(self, *_):
        pass


def command(words):
    return list(words) if words[:1] == ["aws"] else ["aws", "ssm", "start-session", *words]


class CommandLines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ssmgate-lines-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        for name, data in FILES.items():
            (cls.folder / name).write_bytes(data)
        (cls.folder / "policy.yaml").write_text("version: 1\n")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        cls.addClassCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.shutdown)
        cls.url = f"http://127.0.0.1:{server.server_address[1]}"
        cls.aws = need("aws", "awscli")
        keep = {key: os.environ[key] for key in ("PATH", "PYENV_VERSION") if key in os.environ}
        keep.setdefault("LC_ALL", "C.UTF-8")
        cls.environment = {
            **keep, "HOME": str(cls.folder), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "unused", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
        }
        version = run([cls.aws, "--version"], cls.environment)
        cls.version2 = (version.out + version.err).startswith("aws-cli/2")
        rows = TABLE["same"] + TABLE["refused"] + TABLE["stricter"]
        rows += TABLE["version2"] if cls.version2 else []
        rows = rows if os.environ.get("SSMGATE_NIGHTLY") else rows[::4]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            sent = pool.map(cls.sent_by_cli, range(len(rows)), rows)
            cls.sent = {json.dumps(words): body for words, body in zip(rows, sent)}

    @classmethod
    def sent_by_cli(cls, number, words):
        """The request that the AWS CLI sends, or None."""
        whole = command(words)[1:]
        run([cls.aws, "--endpoint-url", f"{cls.url}/{number}", *whole], cls.environment,
            cwd=cls.folder)
        body = Recorder.bodies.get(str(number))
        return None if body is None else json.loads(body)

    def ours(self, words):
        """The request that ssmgate would judge, or None and why not."""
        done = subprocess.run(
            [os.environ["SSMGATE"], "eval", "--policy", "policy.yaml", "--print-request", "--",
             *command(words)], env=self.environment, cwd=self.folder, capture_output=True,
            timeout=60, check=False)
        if done.returncode == 0:
            self.assertEqual(done.stderr, b"")
            return json.loads(done.stdout.decode("utf-8", "surrogatepass")), ""
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        said = done.stderr.decode("utf-8")
        self.assertRegex(said, r"\Assmgate: [^\n]+[^.\n]\n\Z")
        return None, said

    def test_what_the_cli_sends_is_judged(self):
        self.assertGreaterEqual(len(TABLE["same"]), 60)
        for words in TABLE["same"]:
            with self.subTest(words=words):
                request, said = self.ours(words)
                self.assertIsNotNone(request, said)
                sent = self.sent.get(json.dumps(words), request)
                self.assertIsNotNone(sent, "the AWS CLI sends nothing")
                self.assertEqual(request, sent)

    def test_what_the_cli_refuses_is_refused(self):
        for words in TABLE["refused"]:
            with self.subTest(words=words):
                self.assertIsNone(self.sent.get(json.dumps(words)), "the AWS CLI sends it")
                self.assertIsNone(self.ours(words)[0])

    def test_what_is_not_supported_is_refused_with_a_hint(self):
        for words in TABLE["stricter"]:
            with self.subTest(words=words):
                request, said = self.ours(words)
                self.assertIsNone(request)
                self.assertIn(";", said)

    def test_version_2(self):
        for words in TABLE["version2"]:
            with self.subTest(words=words):
                request, _ = self.ours(words)
                self.assertEqual(request, {"Target": "i-0123456789abcdef0"})
                if self.version2:
                    self.assertEqual(request, self.sent.get(json.dumps(words), request))


if __name__ == "__main__":
    unittest.main()
