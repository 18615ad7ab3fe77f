"""The load and the origin of the benchmark, and one measurement with them."""

import json
import os
import subprocess

import subjects
from processes import cpu_seconds
from subjects import Failure, HOST, ROOT


def pinned(core):
    return (lambda: os.sched_setaffinity(0, {core})) if core is not None else None


class Bench:
    """A folder with the origin's certificates and the request, and the running origin."""

    def __init__(self, folder, args):
        self.folder, self.args = folder, args
        self.core = 1 if args.pin and os.cpu_count() > 1 else None
        self.subjects_core = 0 if self.core is not None else None
        folder.chmod(0o755)  # Squid works as another user
        subjects.make_ca(folder, "root")
        subjects.make_leaf(folder, "root", "origin")
        # The CLI's bytes as they were captured.
        captured = (ROOT / "tests/captures/awscli2-start-session.http").read_bytes()
        (folder / "request.http").write_bytes(captured)
        self.origin, self.stream = args.origin, f"127.0.0.2:{subjects.free_port('127.0.0.2')}"
        self._running = []
        self._origin = subprocess.Popen(
            [str(args.programs / "bench_origin"), "--listen", self.origin, "--stream", self.stream,
             "--certificate", f"{folder}/origin.pem", "--key", f"{folder}/origin.key"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.core))
        if self._origin.stdout.readline() != "ready\n":
            self._origin.wait()
            raise Failure(f"the origin cannot listen on {self.origin}: port 443 needs root, because "
                          "Squid dials the port that the client names")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for subject in self._running:
            subject.stop()
        self._origin.terminate()
        self._origin.wait()

    def adopt(self, subject):
        """Stopped at the latest with the bench."""
        self._running.append(subject)

    def start(self, kind, **settings):
        subject = kind(self, **settings)
        self.adopt(subject)
        subject.run()
        return subject

    def end(self, subject):
        self._running.remove(subject)
        subject.stop()

    def measure(self, subject, mode, seconds, threads=None, target=None):
        """`mode` of bench_load on the subject; what it printed, with CPU times."""
        load = subprocess.Popen(
            [str(self.args.programs / "bench_load"), "--mode", mode, "--host", HOST,
             "--ca", str(subject.ca), "--request", str(self.folder / "request.http"),
             "--threads", str(threads or self.args.connections), "--seconds", str(seconds),
             *(target or subject.target())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=pinned(self.core))
        mine = [load.pid, self._origin.pid]
        try:
            if load.stdout.readline() != "ready\n":
                raise Failure(f"{subject.name} {mode}: {load.communicate(timeout=30)[1].strip()}")
            before, harness = cpu_seconds(subject.pids()), cpu_seconds(mine)
            load.stdin.write("\n")
            load.stdin.flush()
            line = load.stdout.readline()
            cpu = cpu_seconds(subject.pids()) - before
            harness = cpu_seconds(mine) - harness
            load.stdin.close()
            errors = load.stderr.read()
            if load.wait(30) or not line:
                raise Failure(f"{subject.name} {mode}: {errors.strip()} {subject.log_tail()}")
        finally:
            if load.poll() is None:
                load.kill()
                load.wait()
        result = json.loads(line)
        count = result.get("count") or result["bytes"] / 2**30
        result["rate"] = count / result["seconds"]
        result["harness_us"] = harness / count * 1e6
        result["cpu_us"] = cpu / count * 1e6 if subject.pids() else None
        return result
