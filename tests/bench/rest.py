"""What ssmgate is at rest: how soon it is ready, what memory it takes, how large the program is."""

import os
import shutil
import socket
import statistics
import subprocess
import time

import subjects
from processes import resident


def start_once(subject):
    """Seconds from exec to READY=1, and the resident memory a moment after it."""
    path = subject.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))
        ear.settimeout(20)
        log = open(subject.folder / "log", "ab")
        config = str(subject.write_config())
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(subject.program), "serve", "--config", config],
            env={**os.environ, "NOTIFY_SOCKET": str(path)}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
        try:
            while b"READY=1" not in ear.recv(4096):
                pass
            took = time.monotonic() - begun
            time.sleep(0.3)  # what it does once it is ready
            memory = resident([process.pid]), resident([process.pid], "RssAnon")
        finally:
            process.terminate()
            process.wait(20)
            log.close()
    path.unlink()
    return took, memory


def stripped_size(program, folder):
    """Bytes of the program without what only a debugger reads."""
    copy = folder / "stripped"
    shutil.copy(program, copy)
    subprocess.run(["strip", str(copy)], check=True)
    return copy.stat().st_size


def measure(bench):
    """{"start_ms", "memory", "own_memory" (no pages of files), "size"}, in bytes; medians of 20 starts
    with a CA that exists."""
    subject = subjects.Ssmgate(bench, name="ssmgate-rest")
    start_once(subject)  # makes the CA
    starts = [start_once(subject) for _ in range(20)]
    result = {"start_ms": statistics.median(took for took, _ in starts) * 1000,
              "memory": statistics.median(memory for _, (memory, _) in starts),
              "own_memory": statistics.median(own for _, (_, own) in starts),
              "size": stripped_size(subject.program, bench.folder)}
    return result, starts


def print_table(result):
    memory, own, size = (result[name] / 2**20 for name in ("memory", "own_memory", "size"))
    print(f"ready {result['start_ms']:.1f} ms after exec, {memory:.1f} MiB resident at rest, {own:.1f} "
          f"of them no pages of files, a program of {size:.1f} MiB\n")
