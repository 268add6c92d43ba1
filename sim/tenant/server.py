"""The tenant on a socket: HTTP in, HTTP out, and the faults between."""

import asyncio
import socket
import struct
import time
import uuid
from datetime import UTC
from email.utils import format_datetime
from types import TracebackType
from typing import Literal, NamedTuple, Self

from aiohttp import web

from sim.tenant.batch import answer_batch
from sim.tenant.faults import Arrival, Fault, Faults, changed, replaced
from sim.tenant.gateway import BATCH, Admitted, Gateway, Incoming, refused
from sim.tenant.limits import Limits
from sim.tenant.refusal import Answer, GraphError, encode
from sim.tenant.tenant import Tenant

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_LARGEST_BODY = 4 * 1024 * 1024


class RequestRecord(NamedTuple):
    """One line of the server's log; the requests inside a batch have lines of their own, before the batch's."""

    time: float
    """Monotonic seconds at which it was judged."""
    method: str
    path: str
    """With its query, as it came."""
    status: int
    """0 when the connection was reset instead of an answer."""
    family: str
    """identityProtection, reports, directory, serviceAnnouncement, batch, or '' for an unknown path."""


class TenantServer:
    """Microsoft Graph of one invented tenant over HTTP."""

    def __init__(
        self,
        tenant: Tenant,
        limits: Limits | None = None,
        faults: Faults | None = None,
        access_token: str = "invented-token",  # noqa: S107 - of an invented tenant
    ) -> None:
        self.tenant = tenant
        self.limits = limits or Limits()
        self.faults = faults or Faults()
        self.access_token = access_token
        self.requests: list[RequestRecord] = []
        self._gateway = Gateway(tenant, self.limits, access_token)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """http://host:port, without a slash at the end. RuntimeError before `start`."""
        if not self._gateway.base_url:
            raise RuntimeError("the tenant's server was not started")
        return self._gateway.base_url

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = self._runner.addresses[0]
        self._gateway.base_url = f"http://{address[0]}:{address[1]}"

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        incoming = Incoming(
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.rel_url.raw_query_string,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        family = self._gateway.family(incoming)
        await self._tell(incoming, family, carried_out=False)
        judged_at = time.monotonic()
        answer, fault = self._judge(incoming)
        status = 0 if fault.kind == "reset" else answer.status
        self.requests.append(RequestRecord(judged_at, incoming.method, incoming.target, status, family))
        if fault.carried_out:
            await self._tell(incoming, family, carried_out=True)
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        answer.headers["Date"] = format_datetime(self.tenant.clock().astimezone(UTC), usegmt=True)
        return await _send(request, _with_ids(answer, incoming), fault)

    def _judge(self, incoming: Incoming, *, inner: bool = False) -> tuple[Answer, Fault]:
        fault = Fault.nothing()
        try:
            self._gateway.authenticate(incoming)
            admitted = None if incoming.segments == (BATCH,) else self._gateway.admit(incoming)
            fault = self.faults.draw(incoming, inner=inner)
            return self._under(fault, incoming, admitted), fault
        except GraphError as refusal:
            return refused(refusal, incoming.headers), fault

    def _under(self, fault: Fault, incoming: Incoming, admitted: Admitted | None) -> Answer:
        """Carry a request out under a fault; without `admitted` it is a batch."""
        answer = Answer(503)
        if fault.carried_out:
            answer = self._batch(incoming) if admitted is None else self._gateway.carry_out(admitted)
        elif admitted is not None:
            self._gateway.log_lost(admitted, fault.status)
        if fault.kind != "answer":
            return changed(fault, answer, incoming, self._gateway.places, self._gateway.base_url)
        stand_in = replaced(fault)
        if isinstance(stand_in, GraphError):
            raise stand_in
        return stand_in

    def _batch(self, incoming: Incoming) -> Answer:
        context = f"{self._gateway.base_url}/v1.0/$metadata#Collection(microsoft.graph.batchResponse)"
        return answer_batch(incoming, context, self._answer_inner)

    def _answer_inner(self, incoming: Incoming) -> Answer:
        judged_at = time.monotonic()
        answer, _ = self._judge(incoming, inner=True)
        family = self._gateway.family(incoming)
        self.requests.append(RequestRecord(judged_at, incoming.method, incoming.target, answer.status, family))
        return answer

    async def _tell(self, incoming: Incoming, family: str, *, carried_out: bool) -> None:
        moment: Literal["arrived", "carried out"] = "carried out" if carried_out else "arrived"
        await self.faults.tell(Arrival(incoming.method, incoming.target, family, incoming.body, moment))


def _with_ids(answer: Answer, incoming: Incoming) -> Answer:
    identifier = answer.headers.get("request-id") or str(uuid.uuid4())
    answer.headers |= {
        "request-id": identifier,
        "client-request-id": incoming.headers.get("client-request-id", identifier),
    }
    return answer


async def _send(request: web.Request, answer: Answer, fault: Fault) -> web.StreamResponse:
    body = encode(answer.body)
    headers = dict(answer.headers)
    if body:
        headers["Content-Type"] = "text/plain" if isinstance(answer.body, str) else _JSON
        headers["OData-Version"] = "4.0"
    if fault.kind == "reset" or (fault.kind == "truncated" and not body):
        _reset(request)
        return web.Response(status=answer.status)
    if fault.kind == "malformed" and body:
        body = body[: len(body) // 2] + b'{"'
    if fault.kind != "truncated":
        return web.Response(status=answer.status, body=body, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
