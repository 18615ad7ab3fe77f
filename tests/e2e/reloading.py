"""Changing a running gateway's files, and waiting for what it says of that."""

import json
import os
import signal

from waiting import wait_for
from world import merge


def reloads(gateway, who=""):
    """The operator's lines that end a reload, so far."""
    return [line for line in gateway.log.text.split("\n") if f"reload ({who}" in line]


def replace(path, text):
    """As editors do it: written aside, renamed over."""
    aside = path.with_name(path.name + ".aside")
    aside.write_text(text)
    os.rename(aside, path)


def config_of(gateway):
    return json.loads(gateway.config_file.read_text())


def rendered(gateway, **changes):
    """The gateway's configuration with `changes`; JSON is YAML."""
    config = config_of(gateway)
    merge(config, changes)
    return json.dumps(config, indent=1)


def hang_up(gateway, reasons=1):
    """SIGHUP, and what the operator's log says then: the new lines, those of a refusal with at
    least so many `reasons`."""
    before = len(gateway.log.text)
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "reload (SIGHUP)" in gateway.log.text[before:], "the reload")
    # A refusal has its reasons on the lines behind.
    wait_for(lambda: " refused;" not in gateway.log.text[before:] or
             gateway.log.text[before:].count("\n") > reasons, "the reasons")
    return gateway.log.text[before:]


def configure(gateway, **changes):
    """The configuration changed in one go and reloaded by SIGHUP. Written aside and renamed: the
    watch may be quicker than the signal, and then the signal finds no change."""
    before = len(gateway.log.text)
    replace(gateway.config_file, rendered(gateway, **changes))
    hang_up(gateway)
    return gateway.log.text[before:]
