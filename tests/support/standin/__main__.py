"""`python3 -m standin --dir DIR`: the stand-in as a program, until SIGTERM.

Writes DIR/root.pem (what clients and the gateway must trust), then DIR/ready.json with the ports
once it listens on --address, and appends what reaches it to DIR/requests.jsonl.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from . import server
from .credentials import known_callers
from .data_channel import ChannelServer, is_channel_name
from .record import Record
from .sessions import Sessions
from .ssm_api import SsmApi
from .tls import TestRoot


async def echo(reader, writer):
    """Where port sessions end by default: every byte comes back."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def port_of(listener):
    return listener.sockets[0].getsockname()[1]


def parse_destination(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="standin", description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, required=True, help="where its files go")
    parser.add_argument("--forward-to", type=parse_destination, metavar="HOST:PORT",
                        help="where port sessions end (absent: an echo of its own)")
    parser.add_argument("--watch", metavar="FILE",
                        help="note this file's size with every recorded request")
    parser.add_argument("--address", default="127.0.0.1", help="where it listens")
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--channel-port", type=int, default=0)
    return parser.parse_args()


async def run(arguments):
    root = TestRoot(arguments.dir)
    record = Record(arguments.dir / "requests.jsonl", arguments.watch)
    sessions = Sessions()
    echoing = await server.listen(echo, None)
    destination = arguments.forward_to or ("127.0.0.1", port_of(echoing))
    api = server.ApiServer(SsmApi(sessions), known_callers(), record)
    channel = ChannelServer(sessions, record, destination)
    api_listener = await server.listen(api.serve, root.server_context(server.is_api_name),
                                       arguments.api_port, arguments.address)
    channel_listener = await server.listen(
        channel.serve, root.server_context(is_channel_name), arguments.channel_port,
        arguments.address)
    ready = {"api_port": port_of(api_listener), "channel_port": port_of(channel_listener),
             "echo_port": port_of(echoing)}
    unfinished = arguments.dir / "ready.json.new"
    unfinished.write_text(json.dumps(ready) + "\n")
    unfinished.rename(arguments.dir / "ready.json")
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(run(parse_arguments()))
