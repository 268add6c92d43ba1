"""What happened in the tenant and at Microsoft: sign-ins, audits, announcements; and the policies that block."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

import structlog
from msgraph.graph_service_client import GraphServiceClient

from bot.graph import decode_logs, requests_logs
from bot.graph.endpoints import ACCESS_POLICIES, AUDITS, HEALTH_ISSUES, MESSAGES, SIGN_INS, Endpoint
from bot.graph.lists import MakeRequest
from bot.graph.tenancy import Tenancy
from bot.ports.graph import GraphError, Page, Priority
from bot.watch.access_policies import AccessPolicy
from bot.watch.announcements import Announcement
from bot.watch.audits import Audit
from bot.watch.sign_ins import SignIn

log = structlog.get_logger()


class LogsPart(Tenancy):
    """What happened, and what Microsoft says of it."""

    async def sign_ins(
        self, *, since: int, until: int | None = None, error_codes: Collection[int] = (), user_id: str | None = None
    ) -> AsyncGenerator[Page[SignIn], None]:
        """Interactive sign-ins from since to until (microseconds UTC), newest first, those with these errors alone.

        The page "List signIns" documents one errorCode in a filter, and no "or": several codes are read one after the
        other, in ascending order, each newest first.
        """
        codes: list[int | None] = [*sorted(set(error_codes))] if error_codes else [None]
        for code in codes:
            request = requests_logs.sign_ins(self._client, since=since, until=until, error_code=code, user_id=user_id)
            async with aclosing(self._lists.read(request, SIGN_INS, Priority.BRIEF, decode_logs.sign_ins)) as found:
                async for page in found:
                    yield page

    async def audits(
        self, *, since: int, until: int | None = None, activity: str | None = None
    ) -> AsyncGenerator[Page[Audit], None]:
        """The directory's audit log, newest first; of one activityDisplayName alone where it is named."""
        request = requests_logs.audits(self._client, since=since, until=until, activity=activity)
        async with aclosing(self._lists.read(request, AUDITS, Priority.BRIEF, decode_logs.audits)) as found:
            async for page in found:
                yield page

    async def announcements(self, *, since: int) -> tuple[Announcement, ...]:
        """Health issues and messages that began since (microseconds UTC), newest first.

        One of the two that can't be read is logged, and the other stands. Raises GraphError where neither can.
        """
        found: list[Announcement] = []
        refused: list[GraphError] = []
        for endpoint, request in ((HEALTH_ISSUES, requests_logs.health_issues), (MESSAGES, requests_logs.messages)):
            try:
                found += await self._announced(endpoint, request, since)
            except GraphError as error:
                refused.append(error)
                log.warning(
                    "graph_announcements_unreadable",
                    tenant_id=self._tenant_id,
                    resource=endpoint.name,
                    problem=error.problem.name.lower(),
                )
        if len(refused) > 1:
            first, second = refused
            raise GraphError(first.problem, _both(first.why, second.why), status=first.status)
        return tuple(sorted(found, key=lambda each: each.started_at, reverse=True))

    async def access_policies(self) -> tuple[AccessPolicy, ...]:
        """The Conditional Access policies that act on user risk, whatever their state.

        Read behind everything urgent, since they share Identity Protection's budget.
        """
        request = requests_logs.access_policies(self._client)
        found = await self._lists.read_all(request, ACCESS_POLICIES, Priority.BRIEF, decode_logs.access_policies)
        return tuple(policy for policy in found if policy.acts_on_user_risk)

    async def _announced(
        self, endpoint: Endpoint, request: Callable[[GraphServiceClient, int | None], MakeRequest], since: int
    ) -> list[Announcement]:
        """Announcements that began since; all are read, and the older left out, where the filter is refused."""
        pages = self._lists.read_filtered(
            request(self._client, since),
            request(self._client, None),
            endpoint,
            Priority.BRIEF,
            decode_logs.announcements,
            options="startDateTime",
        )
        return [each async for page in pages for each in page.items if each.started_at >= since]


def _both(first: str, second: str) -> str:
    return first if first == second else f"{first}; {second}"
