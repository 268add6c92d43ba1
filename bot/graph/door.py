"""The door itself: one tenant's Microsoft Graph, as bot.ports.graph asks for it."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from typing import TypeVar

from bot.decide.action import Action
from bot.graph import decode, requests
from bot.graph.addresses import checked
from bot.graph.batches import UsersById, batches_needed
from bot.graph.calls import Calls
from bot.graph.credential import EntraCredential, entra_token, ready_token
from bot.graph.endpoints import (
    DOMAINS,
    FEDERATION,
    REGISTRATION,
    REPORTS_PER_SECOND,
    RISK_DETECTIONS,
    RISKY_USER_ACTIONS,
    RISKY_USERS,
    USERS,
    Family,
    directory_units_per_second,
)
from bot.graph.lists import Lists
from bot.graph.pacer import Pacer
from bot.graph.rate import Rate
from bot.graph.timestamps import microseconds
from bot.graph.transport import Patience, Transport, keep_addresses_out_of_logs
from bot.ports.graph import Answer, GraphError, Page, Priority, Problem
from bot.ports.world import World
from bot.watch.profile import DirectoryUser, Domain
from bot.watch.registration import RegistrationReport
from bot.watch.risk import Detection, RiskyUser

T = TypeVar("T")

IDS_IN_A_WRITE = 60
"""Source: Microsoft Graph v1.0, riskyUser: dismiss. Taken for confirmSafe and confirmCompromised too."""

_WHOLE_PAGES_ABOVE = 0.05
"""Part of the tenant from which whole pages cost the directory less than asking by id."""


def open_graph(
    *,
    tenant_id: str,
    graph_url: str,
    access_token: str | None,
    world: World,
    requests_per_second: float = 1.0,
    reports_per_second: float = REPORTS_PER_SECOND,
    patience: Patience | None = None,
) -> "GraphDoor":
    """Open one tenant's Graph. Nothing is sent yet; call it where the event loop runs.

    access_token: for a graph_url on this machine only; elsewhere azure-identity's default chain is used.
    requests_per_second: for Identity Protection, all calls together. reports_per_second: for reports.
    Raises ValueError where address and token don't fit.
    """
    home = checked(graph_url, has_access_token=access_token is not None)
    keep_addresses_out_of_logs()
    credential = None if access_token is not None else EntraCredential(tenant_id, home)
    authentication = (
        entra_token(credential, tenant_id, home) if credential is not None else ready_token(access_token or "", home)
    )
    rates = {
        Family.IDENTITY_PROTECTION: requests_per_second,
        Family.REPORTS: reports_per_second,
        Family.DIRECTORY: directory_units_per_second(None),
    }
    now = world.monotonic()
    patience = patience or Patience()
    return GraphDoor(
        tenant_id=tenant_id,
        transport=Transport(home, authentication, patience),
        first_delay=patience.again,
        credential=credential,
        pacers={family: Pacer(Rate(rate, now=now), world.monotonic) for family, rate in rates.items()},
        world=world,
    )


class GraphDoor:
    """Implements bot.ports.graph.Graph. One event loop, one tenant, one pacer an API family."""

    def __init__(
        self,
        *,
        tenant_id: str,
        transport: Transport,
        first_delay: float,
        credential: EntraCredential | None,
        pacers: Mapping[Family, Pacer],
        world: World,
    ) -> None:
        self._transport = transport
        self._credential = credential
        self._pacers = pacers
        self._client = transport.requests
        self._calls = Calls(transport, pacers, world, tenant_id, first_delay)
        self._lists = Lists(self._calls, transport.base_url, tenant_id)
        self._by_id = UsersById(self._calls, self._lists, self._client, world)

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
        self, *, changed_since: int | None = None, only_at_risk: bool = False, priority: Priority
    ) -> AsyncGenerator[Page[RiskyUser], None]:
        """Pages of up to 500 risky users: all, those at risk, or those whose risk changed since (microseconds UTC)."""
        bare = requests.risky_users(self._client, changed_since=None, only_at_risk=False)
        options = [
            *(["riskState"] if only_at_risk else []),
            *(["riskLastUpdatedDateTime"] if changed_since is not None else []),
        ]
        if not options:
            found = self._lists.read(bare, RISKY_USERS, priority, decode.risky_users)
        else:
            narrow = requests.risky_users(self._client, changed_since=changed_since, only_at_risk=only_at_risk)
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

    def held_slot(self, priority: Priority) -> AbstractAsyncContextManager[None]:
        """Hold the next slot of the Identity Protection family for a send."""
        return self._pacers[Family.IDENTITY_PROTECTION].held(priority)

    async def send(self, action: Action, user_ids: Sequence[str]) -> Answer:
        """One write for at most 60 users, in the slot that is held (without one it waits for its own).

        Never repeated by the door, never raises for what Graph or the net does. Raises ValueError for no user, for
        more than 60, and for an action that is no write on risky users.
        """
        if not 1 <= len(user_ids) <= IDS_IN_A_WRITE:
            raise ValueError(f"a write takes 1 to {IDS_IN_A_WRITE} users, not {len(user_ids)}")
        request = requests.action(self._client, action, user_ids)
        held = self._pacers[Family.IDENTITY_PROTECTION].use_held()
        return await self._calls.write(request, RISKY_USER_ACTIONS, Priority.ACT, taken_at=held)

    async def count_users(self, *, priority: Priority) -> int:
        """How many users the tenant has. The directory's budget follows from it."""
        reading = await self._calls.read(lambda: requests.count_users(self._client), USERS, priority, decode.count)
        self._pacers[Family.DIRECTORY].rate.limit(directory_units_per_second(reading.value))
        return reading.value

    async def users(self, user_ids: Collection[str], *, tenant_users: int | None) -> Mapping[str, DirectoryUser]:
        """Directory entries by id, the cheaper way: by ids in batches, or whole pages. Missing ones are left out."""
        wanted = sorted({user_id for user_id in user_ids if user_id})
        if not wanted:
            return {}
        if not prefers_pages(len(wanted), tenant_users):
            return await self._by_id.read(wanted, Priority.BRIEF)
        missing = set(wanted)
        found: dict[str, DirectoryUser] = {}
        everyone = self._lists.read(requests.users(self._client), USERS, Priority.BRIEF, decode.users)
        async with aclosing(everyone):
            async for page in everyone:
                found.update({user.user_id: user for user in page.items if user.user_id in missing})
                if len(found) == len(missing):
                    break
        return found

    async def users_by_address(self, address: str) -> tuple[DirectoryUser, ...]:
        """Directory users whose mail or userPrincipalName is exactly this address."""
        if not address:
            return ()
        asked = requests.users_by_address(self._client, address)
        found = [page.items async for page in self._lists.read(asked, USERS, Priority.CLICK, decode.users)]
        wanted = address.casefold()
        return tuple(
            user
            for items in found
            for user in items
            if wanted in {user.mail.casefold(), user.user_principal_name.casefold()}
        )

    async def domains(self) -> tuple[Domain, ...]:
        """All domains, the federated ones with their federation configuration (None where it can't be read)."""
        asked = requests.domains(self._client)
        found = [
            domain
            async for page in self._lists.read(asked, DOMAINS, Priority.BRIEF, decode.domains)
            for domain in page.items
        ]
        return tuple([await self._with_federation(domain) if domain.is_federated else domain for domain in found])

    async def registrations(self) -> RegistrationReport:
        """Who has registered what, for the whole tenant (registration report)."""
        report = self._lists.read_filtered(
            requests.registration(self._client),
            requests.registration_bare(self._client),
            REGISTRATION,
            Priority.BRIEF,
            decode.registrations,
            options="$top $select",
        )
        return RegistrationReport([entry async for page in report for entry in page.items])

    async def close(self) -> None:
        """Give back connections and credentials. Calls that still wait for a slot end with GraphError."""
        for pacer in self._pacers.values():
            pacer.close()
        await self._transport.close()
        if self._credential is not None:
            await self._credential.close()

    async def _with_federation(self, domain: Domain) -> Domain:
        """The domain with its federation; with the reason where it may not be read."""
        try:
            reading = await self._calls.read(
                lambda: requests.federation(self._client, domain.name), FEDERATION, Priority.BRIEF, decode.federations
            )
        except GraphError as error:
            if error.problem is Problem.NOT_FOUND:
                return domain
            if error.problem in {Problem.NOT_PERMITTED, Problem.NO_LICENCE}:
                return replace(domain, problem=error.why)
            raise
        return replace(domain, federation=next(iter(reading.value.items), None))


def prefers_pages(wanted: int, tenant_users: int | None) -> bool:
    """Whether reading every user in whole pages is cheaper than asking for so many by id."""
    if tenant_users is None:
        return False
    whole = -(-max(tenant_users, 1) // requests.USER_PAGE)
    return whole <= batches_needed(wanted) or wanted > tenant_users * _WHOLE_PAGES_ABOVE


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
