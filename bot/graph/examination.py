"""The door under examination: bot.ports.examination.GraphExamination."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from bot.graph.calls import GraphCalls
from bot.graph.endpoints import (
    ACCESS_POLICIES,
    AUDITS,
    DOMAINS,
    GROUP_MEMBERS,
    HEALTH_ISSUES,
    MESSAGES,
    ORGANIZATION,
    REGISTRATION,
    RISK_DETECTIONS,
    RISKY_USERS,
    ROLE_DEFINITIONS,
    SERVICE_PRINCIPALS,
    USERS,
    Endpoint,
)
from bot.graph.transport import Transport
from bot.ports.examination import TokenFacts, Trial
from bot.ports.graph import GraphError, Priority, Problem
from bot.ports.world import World
from bot.watch.durations import SECOND
from bot.watch.profile import Domain

_NO_GROUP = "00000000-0000-0000-0000-000000000000"
_TRIALS: Mapping[Trial, tuple[Endpoint, str]] = {
    Trial.RISK_DETECTIONS: (RISK_DETECTIONS, "identityProtection/riskDetections?$top=1"),
    Trial.RISKY_USERS: (RISKY_USERS, "identityProtection/riskyUsers?$top=1"),
    Trial.USERS: (USERS, "users?$select=id&$top=1"),
    Trial.AUDITS: (AUDITS, "auditLogs/directoryAudits?$top=1"),
    Trial.REGISTRATION: (REGISTRATION, "reports/authenticationMethods/userRegistrationDetails?$top=1"),
    Trial.DOMAINS: (DOMAINS, "domains?$select=id"),
    Trial.ROLES: (ROLE_DEFINITIONS, "roleManagement/directory/roleDefinitions?$select=id"),
    Trial.GROUP_MEMBERS: (GROUP_MEMBERS, f"groups/{_NO_GROUP}/transitiveMembers?$select=id&$top=1"),
    Trial.HEALTH: (HEALTH_ISSUES, "admin/serviceAnnouncement/issues?$top=1"),
    Trial.MESSAGES: (MESSAGES, "admin/serviceAnnouncement/messages?$top=1"),
    Trial.APPS: (SERVICE_PRINCIPALS, "servicePrincipals?$select=id&$top=1"),
    Trial.ORGANIZATION: (ORGANIZATION, "organization?$select=id"),
    Trial.POLICIES: (ACCESS_POLICIES, "identity/conditionalAccess/policies?$top=1"),
}


class ExaminedGraph:
    """Small reads through the door's own transport and pacers."""

    def __init__(
        self, transport: Transport, calls: GraphCalls, world: World, domains: Callable[[], Awaitable[Sequence[Domain]]]
    ) -> None:
        self._transport = transport
        self._calls = calls
        self._world = world
        self._domains = domains

    async def token(self) -> TokenFacts:
        """Get a token, as for any call, and read what it says. Raises GraphError."""
        return facts_of(await self._transport.token())

    async def clock_difference(self) -> float:
        """Seconds by which this machine's clock is ahead of Microsoft's. Raises GraphError without an answer."""
        before = self._world.now()
        try:
            response = await self._transport.exchange(_get("organization?$select=id"))
            theirs = parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError, KeyError, ValueError) as error:
            raise GraphError(
                Problem.UNAVAILABLE, f"Microsoft Graph did not tell the time ({type(error).__name__})"
            ) from None
        ours = (before + self._world.now()) / 2 / SECOND
        return ours - theirs - 0.5  # the header has whole seconds: on average the time is half a second later

    async def attempt(self, trial: Trial) -> None:
        """Read a little. Raises GraphError."""
        if trial is Trial.FEDERATION:
            await self._attempt_federation()
            return
        endpoint, path = _TRIALS[trial]
        try:
            await self._calls.read(lambda: _get(path), endpoint, Priority.CLICK, _nothing)
        except GraphError as error:
            if trial is Trial.GROUP_MEMBERS and error.problem is Problem.NOT_FOUND:
                return  # we may ask, and there is no such group
            raise

    async def _attempt_federation(self) -> None:
        for domain in await self._domains():
            if domain.problem:
                raise GraphError(Problem.NOT_PERMITTED, domain.problem)


def facts_of(token: str) -> TokenFacts:
    """What a token says. It is read, not checked: it is ours, and Graph judges it. Opaque ones say nothing."""
    try:
        _, payload, _ = token.split(".")
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return TokenFacts(None, None)
    if not isinstance(claims, dict):
        return TokenFacts(None, None)
    roles, tenant_id = claims.get("roles"), claims.get("tid")
    return TokenFacts(
        frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else None,
        tenant_id if isinstance(tenant_id, str) else None,
    )


def _get(path: str) -> RequestInformation:
    made = RequestInformation(Method.GET, "{+baseurl}/" + path.replace("$", "%24"), {})
    made.headers.try_add("Accept", "application/json")
    return made


def _nothing(_body: bytes) -> None:
    """A trial's answer is not read."""
