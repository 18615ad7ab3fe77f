"""The API side of the stand-in: HTTPS in, verified, recorded, answered.

Owns one listener's connections. What an operation answers is ssm_api.py's; whether the signature
holds is sigv4.py's.
"""

import asyncio
import gzip
import json
import re
import uuid
from email.utils import formatdate

from . import http1, sigv4
from .record import utc_now
from .ssm_api import ApiError

API_NAME = re.compile(r"(vpce-[0-9a-z-]+\.)?ssm(-fips)?\.[a-z0-9-]+(\.vpce)?(\.[a-z0-9-]+)+")
TARGET_PREFIX = "AmazonSSM."


def is_api_name(name):
    return API_NAME.fullmatch(name) is not None


def check_scope(request, name):
    """The region that the signature is for: the one of the endpoint asked by SNI, if any."""
    claim = sigv4.parse_claim(request)
    if claim.service != "ssm":
        raise sigv4.Unverified("InvalidSignatureException",
                               "Credential should be scoped to correct service: 'ssm'.")
    asked = re.search(r"(?:^|\.)ssm(?:-fips)?\.([a-z0-9-]+)\.", name or "")
    if asked and asked.group(1) != claim.region:
        raise sigv4.Unverified("InvalidSignatureException",
                               "Credential should be scoped to a valid region.")
    return claim.region


class ApiServer:
    """`clock`: a function that gives an aware time in UTC; requests are judged against it."""

    def __init__(self, api, callers, record, clock=utc_now):
        self._api, self._callers, self._record, self._clock = api, callers, record, clock
        self._connections = 0

    async def serve(self, reader, writer):
        """One connection: its requests one after another, until either side has enough."""
        self._connections += 1
        connection = self._connections
        name = getattr(writer.get_extra_info("ssl_object"), "asked_name", None)
        try:
            while True:
                request = await http1.read_request(reader, self._record.watched_size)
                if request is None:
                    break
                writer.write(self._answer(request, connection, name))
                await writer.drain()
        except http1.BadRequest as bad:
            self._record.write("bad-request", conn=connection, sni=name, why=str(bad))
            writer.write(http1.render_answer(400, [("Connection", "close"),
                                                   ("Content-Length", "0")]))
        except (ConnectionError, TimeoutError):
            pass
        except asyncio.CancelledError:
            pass  # the program ends; asyncio 3.11 would log it as an error
        finally:
            writer.close()

    def _answer(self, request, connection, name):
        request_id = str(uuid.uuid4())
        operation = self._operation(request)
        signature, status, body = "ok", 200, {}
        try:
            caller = sigv4.verify(request, self._callers, self._clock())
            body = self._api.call(operation, request.body, caller,
                                  check_scope(request, name))
        except sigv4.Unverified as refused:
            signature, status = f"{refused.code}: {refused}", 400
            body = {"__type": refused.code, "message": str(refused)}
        except ApiError as refused:
            status, body = 400, refused.body
        self._record.write("request", conn=connection, sni=name, operation=operation,
                           signature=signature, status=status, aws_request_id=request_id,
                           watched_size=request.noted, head=request.raw_head,
                           body=request.body)
        if operation is None and request.method != "POST":
            return self._render(request, 404, b"<UnknownOperationException/>\n", request_id)
        return self._render(request, status, json.dumps(body).encode(), request_id)

    @staticmethod
    def _operation(request):
        target = request.value("x-amz-target") or ""
        return target[len(TARGET_PREFIX):] if target.startswith(TARGET_PREFIX) else None

    @staticmethod
    def _render(request, status, body, request_id):
        headers = [("Server", "Server"), ("Date", formatdate(usegmt=True)),
                   ("Content-Type", "application/x-amz-json-1.1")]
        if "gzip" in (request.value("accept-encoding") or ""):
            body = gzip.compress(body)
            headers.append(("Content-Encoding", "gzip"))
        headers += [("Content-Length", str(len(body))), ("Connection", "keep-alive"),
                    ("x-amzn-RequestId", request_id)]
        return http1.render_answer(status, headers, body)


async def listen(handler, context, port=0, address="127.0.0.1"):
    return await asyncio.start_server(handler, address, port, ssl=context,
                                      limit=http1.HEAD_LIMIT)
