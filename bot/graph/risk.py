"""Risk: detections, risky users, and the slots of their family."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from typing import TypeVar

from bot.graph import decode, requests
from bot.graph.endpoints import RISK_DETECTIONS, RISKY_USERS, Family
from bot.graph.tenancy import Tenancy
from bot.graph.timestamps import microseconds
from bot.ports.graph import LARGEST_PAGE, GraphError, Page, Priority, Problem
from bot.watch.risk import Detection, RiskyUser

T = TypeVar("T")


class RiskPart(Tenancy):
    """What Entra ID Protection says."""

    def slot_seconds(self) -> float:
        """Seconds between two slots of the Identity Protection family at the present pace."""
        return self._pacers[Family.IDENTITY_PROTECTION].rate.interval

    async def detections(self, *, since: int | None, priority: Priority) -> AsyncGenerator[Page[Detection], None]:
        """Pages of detections with detectedDateTime >= since (microseconds UTC), in no order of time."""
        bare = requests.detections(self._client, None)
        if since is None:
            found = self._lists.read(bare, RISK_DETECTIONS, priority, decode.detections)
        else:
            narrow = requests.detections(self._client, since)
            found = self._lists.read_filtered(
                narrow, bare, RISK_DETECTIONS, priority, decode.detections, options="detectedDateTime"
            )
        async with aclosing(found):
            async for page in found:
                yield _kept(page, lambda detection: since is None or detection.detected_at >= since)

    async def risky_users(
        self,
        *,
        changed_since: int | None = None,
        only_at_risk: bool = False,
        priority: Priority,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncGenerator[Page[RiskyUser], None]:
        """Pages of risky users, up to 500 each: all, those at risk, or those whose risk changed since (microseconds
        UTC).
        """
        bare = requests.risky_users(self._client, changed_since=None, only_at_risk=False, page_size=page_size)
        options = [
            *(["riskState"] if only_at_risk else []),
            *(["riskLastUpdatedDateTime"] if changed_since is not None else []),
        ]
        if not options:
            found = self._lists.read(bare, RISKY_USERS, priority, decode.risky_users)
        else:
            narrow = requests.risky_users(
                self._client, changed_since=changed_since, only_at_risk=only_at_risk, page_size=page_size
            )
            found = self._lists.read_filtered(
                narrow, bare, RISKY_USERS, priority, decode.risky_users, options=" ".join(options)
            )
        async with aclosing(found):
            async for page in found:
                yield _kept(page, lambda user: _is_wanted(user, changed_since, only_at_risk=only_at_risk))

    async def risky_user(self, user_id: str, *, priority: Priority) -> RiskyUser | None:
        """One risky user, or None where Graph lists none by this id."""
        try:
            reading = await self._calls.read(
                lambda: requests.risky_user(self._client, user_id), RISKY_USERS, priority, decode.risky_user
            )
        except GraphError as error:
            if error.problem is Problem.NOT_FOUND:
                return None
            raise
        return reading.value

    def held_slot(self, priority: Priority, *, ahead: float = 0.0) -> AbstractAsyncContextManager[None]:
        """Hold the next slot of the Identity Protection family for a send, from so many seconds before it opens."""
        return self._pacers[Family.IDENTITY_PROTECTION].held(priority, ahead)


def _kept(page: Page[T], is_wanted: Callable[[T], bool]) -> Page[T]:
    items = tuple(item for item in page.items if is_wanted(item))
    return page if len(items) == len(page.items) else replace(page, items=items)


def _is_wanted(user: RiskyUser, changed_since: int | None, *, only_at_risk: bool) -> bool:
    """Where Graph did not filter. A time that can't be read counts as changed: nothing is lost."""
    if only_at_risk and user.risk_state != "atRisk":
        return False
    if changed_since is None:
        return True
    try:
        return microseconds(user.last_updated_text) >= changed_since
    except ValueError:
        return True
