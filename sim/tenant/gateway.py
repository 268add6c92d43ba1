"""Judges one request: token, path, limits, permissions, and then the endpoint."""

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from sim.tenant.call import GUID, Call, Route
from sim.tenant.endpoints import ROUTES
from sim.tenant.limits import Limits, Meters
from sim.tenant.paging import Places
from sim.tenant.permissions import require
from sim.tenant.refusal import Answer, GraphError, bad_request, error_body
from sim.tenant.tenant import Tenant

BATCH = "$batch"
_SMALL_PAGE = 20


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came, outer or inside a batch."""

    method: str
    path: str
    """Still percent-encoded, from /v1.0 on."""
    query: str
    """Still percent-encoded, without the question mark."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded segments below /v1.0. GraphError 404 for another version."""
        version, *segments = [unquote(segment) for segment in self.path.strip("/").split("/")]
        if version != "v1.0" or not segments:
            raise GraphError(404, "ResourceNotFound", f"Resource not found for the segment '{version}'.")
        return tuple(segments)

    @property
    def target(self) -> str:
        """Path and query as they came."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that path, limits and permissions let pass, and the headers its answer will carry."""

    incoming: Incoming
    route: Route
    parameters: dict[str, str]
    headers: dict[str, str]


class Gateway:
    """The one door of the tenant: every request, batched or not, is admitted and carried out here."""

    def __init__(self, tenant: Tenant, limits: Limits, access_token: str) -> None:
        self.tenant = tenant
        self.places = Places(tenant.id)
        self.base_url = ""
        self._meters = Meters(limits, lambda: len(tenant.users), lambda: tenant.other_apps_rate)
        self._access_token = access_token

    def family(self, incoming: Incoming) -> str:
        """The API family whose budget a request draws on; `batch` for a batch, '' for an unknown path."""
        try:
            if incoming.segments == (BATCH,):
                return "batch"
            return self._route(incoming)[0].family
        except GraphError:
            return ""

    def authenticate(self, incoming: Incoming) -> None:
        """GraphError 401 unless the request carries the token."""
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        if not token:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
        if scheme.lower() != "bearer" or token != self._access_token:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")

    def admit(self, incoming: Incoming) -> Admitted:
        """Judge path, limits and permissions of a request that is no batch. Raises GraphError."""
        route, parameters = self._route(incoming)
        try:
            cost = _units(route, incoming.query)
            headers = self._meters.take(route.family, time.monotonic(), cost=cost, write=bool(route.writes))
            require(self.tenant.granted, route.permissions, route.family)
        except GraphError as refusal:
            if route.writes:
                self.tenant.log_write(route.writes, _claimed_ids(incoming, parameters), refusal.status)
            raise
        return Admitted(incoming, route, parameters, headers)

    def carry_out(self, admitted: Admitted) -> Answer:
        """Do what was asked. Raises GraphError."""
        incoming = admitted.incoming
        self.tenant.now()
        call = Call(
            tenant=self.tenant,
            places=self.places,
            base_url=self.base_url,
            path="/".join(incoming.segments),
            parameters=admitted.parameters,
            query=incoming.query,
            headers=incoming.headers,
            body=incoming.body,
        )
        try:
            answer = admitted.route.handle(call)
        except GraphError as refusal:
            refusal.headers = admitted.headers | refusal.headers
            raise
        answer.headers = admitted.headers | answer.headers
        if call.prefers("include-unknown-enum-members"):
            answer.headers["Preference-Applied"] = "include-unknown-enum-members"
        return answer

    def log_lost(self, admitted: Admitted, status: int) -> None:
        """Write down a write that was admitted and, by a fault, not carried out."""
        if admitted.route.writes:
            ids = _claimed_ids(admitted.incoming, admitted.parameters)
            self.tenant.log_write(admitted.route.writes, ids, status)

    def _route(self, incoming: Incoming) -> tuple[Route, dict[str, str]]:
        segments = incoming.segments
        path_known = False
        for route in ROUTES:
            parameters = route.parameters(segments)
            if parameters is None:
                continue
            if route.method == incoming.method:
                return route, parameters
            path_known = True
        if path_known:
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        raise GraphError(404, "ResourceNotFound", f"Resource not found for the segment '{segments[-1]}'.")


def refused(refusal: GraphError, headers: Mapping[str, str]) -> Answer:
    """The answer that a refusal becomes. `headers` are the request's."""
    request_id = str(uuid.uuid4())
    body = error_body(refusal.code, refusal.message, request_id, headers.get("client-request-id", request_id))
    if refusal.status == 429:  # noqa: PLR2004 - a throttled answer says so twice
        body["error"]["innerError"] |= {"code": "429", "message": "Please retry after", "status": "429"}
    return Answer(refusal.status, body, {**refusal.headers, "request-id": request_id})


def check_method(incoming: Incoming) -> None:
    """A batch is a POST without query options. Raises GraphError."""
    if incoming.method != "POST":
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    if incoming.query:
        raise bad_request("Query options are not supported on a batch.")


def _units(route: Route, query: str) -> int:
    """$select costs 1 less, $top below 20 costs 1 less, $expand 1 more, and never less than 1."""
    names = {unquote_plus(part.partition("=")[0]): part.partition("=")[2] for part in query.split("&")}
    page_size = names.get("$top", "")
    small = re.fullmatch(r"\d{1,9}", page_size) is not None and int(page_size) < _SMALL_PAGE
    return max(1, route.units - ("$select" in names) - small + ("$expand" in names))


def _claimed_ids(incoming: Incoming, parameters: dict[str, str]) -> tuple[str, ...]:
    """The ids that a write names, as far as its body can be read; for the log of what was refused."""
    if "id" in parameters:
        return (parameters["id"],)
    try:
        value = json.loads(incoming.body)
    except ValueError:
        return ()
    ids = value.get("userIds") if isinstance(value, dict) else None
    return (
        tuple(item for item in ids if isinstance(item, str) and GUID.fullmatch(item)) if isinstance(ids, list) else ()
    )
