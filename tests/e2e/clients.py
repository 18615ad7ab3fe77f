"""The real clients, run as a person runs them: AWS CLI, boto3, JavaScript SDK, curl.

Owns finding them and their command lines. A client that is missing fails the test with the line
that installs it; nothing is skipped.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT = 90

sys.path.insert(0, str(HERE.parent / "support"))

from standin.credentials import CALLERS  # noqa: E402

EXAMPLE, ALICE, BOB = CALLERS  # BOB has a session token
PLUGIN = "session-manager-plugin"
TARGET = "i-0123456789abcdef0"

RECORDING_PLUGIN = """#!/bin/sh
[ "$1" = --version ] && { echo 1.2.707.0; exit 0; }
printf '%s\\n' "$@" "$AWS_SSM_START_SESSION_RESPONSE" > "$SSMGATE_E2E_PLUGIN_RECORD"
"""


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def need(name, package):
    """The path of a program, or a failure that says how to install it."""
    path = shutil.which(name)
    if path is None:
        raise AssertionError(f"`{name}` is missing; install it: apt-get install {package}")
    return path


def run(command, environment, given="", cwd=None):
    done = subprocess.run(command, env=environment, input=given.encode(), capture_output=True,
                          timeout=TIMEOUT, check=False, cwd=cwd)
    return Result(done.returncode, done.stdout.decode("utf-8", "backslashreplace"),
                  done.stderr.decode("utf-8", "backslashreplace"))


def path_without_plugin(world, path):
    """The search path without a plugin that the machine has, but still with its AWS CLI."""
    cli = world.folder / "bin" / "aws"
    if not cli.exists():
        cli.symlink_to(need("aws", "awscli"))
    parts = [part for part in path.split(os.pathsep)
             if not os.path.exists(os.path.join(part, PLUGIN))]
    return os.pathsep.join([*parts, str(cli.parent)])


def install_plugin(world, kind):
    """`kind`: "none", "recording" (notes its arguments, holds no session) or "small" (ours)."""
    folder = world.folder / f"plugin-{kind}"
    if kind != "none" and not folder.exists():
        folder.mkdir()
        if kind == "small":
            (folder / PLUGIN).symlink_to(HERE.parent / "support" / "plugin" / PLUGIN)
        else:
            (folder / PLUGIN).write_text(RECORDING_PLUGIN)
            (folder / PLUGIN).chmod(0o755)
    return folder


def aws_environment(world, caller=ALICE, plugin="recording", **more):
    made = world.environment(caller, SSMGATE_E2E_PLUGIN_RECORD=str(world.folder / "plugin.txt"))
    made["PATH"] = path_without_plugin(world, made["PATH"])
    if plugin != "none":
        made["PATH"] = f"{install_plugin(world, plugin)}{os.pathsep}{made['PATH']}"
    made.update(more)
    return made


def aws(world, *arguments, caller=ALICE, plugin="recording", given="", **environment):
    """`aws ssm ARGUMENTS…` through the gateway."""
    command = [need("aws", "awscli"), "ssm", *arguments]
    return run(command, aws_environment(world, caller, plugin, **environment), given)


def start_session(world, document=None, parameters=None, target=TARGET, extra=(), **options):
    """`aws ssm start-session …`; `parameters` in the CLI's shorthand or as JSON text."""
    command = ["start-session", "--target", target]
    if document:
        command += ["--document-name", document]
    if parameters:
        command += ["--parameters", parameters]
    return aws(world, *command, *extra, **options)


@functools.cache
def boto3_python():
    for python in (sys.executable, shutil.which("python3"), "/usr/bin/python3"):
        if python and subprocess.run([python, "-c", "import boto3"], capture_output=True,
                                     check=False).returncode == 0:
            return python
    raise AssertionError("boto3 is missing; install it: apt-get install python3-boto3")


def boto3(world, operation, arguments, caller=ALICE, **environment):
    """One call of boto3's SSM client in a process of its own; `.json` is what came of it."""
    command = [boto3_python(), str(HERE / "boto3_call.py"), operation, json.dumps(arguments)]
    return run(command, world.environment(caller, **environment))


def javascript(world, script, *arguments, caller=ALICE, **environment):
    if not (HERE / "js" / "node_modules" / "ssm-session").exists():
        raise AssertionError("the JavaScript clients are missing; install them: "
                             "npm ci --prefix tests/e2e/js")
    command = [need("node", "nodejs"), str(HERE / "js" / script), *arguments]
    # The SDK warns on standard error of a Node.js that it is about to give up.
    environment.setdefault("NODE_NO_WARNINGS", "1")
    return run(command, world.environment(caller, **environment), cwd=HERE / "js")


def curl(world, *arguments, roots=None):
    command = [need("curl", "curl"), "--silent", "--show-error", "--max-time", "30", "--proxy",
               f"http://127.0.0.1:{world.gateway.port}", "--cacert", str(roots or world.bundle),
               *arguments]
    return run(command, world.surroundings())
