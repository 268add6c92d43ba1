"""The directory: users one by one and all together, what changed, domains, registrations."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from hashlib import sha256

from kiota_abstractions.request_information import RequestInformation

from bot.graph import decode, entries, requests, requests_directory
from bot.graph.addresses import is_same_origin
from bot.graph.batches import Ids, Question, batches_needed
from bot.graph.decode_directory import Removed, changes
from bot.graph.endpoints import DELTA, DOMAINS, FEDERATION, REGISTRATION, USERS, Family, directory_units_per_second
from bot.graph.refusals import RefusedError
from bot.graph.tenancy import Tenancy
from bot.ports.graph import CursorExpiredError, DirectoryChanges, GraphError, Priority, Problem
from bot.watch.profile import DirectoryUser, Domain
from bot.watch.registration import Registered, RegistrationReport

_WHOLE_PAGES_ABOVE = 0.05
"""Part of the tenant from which whole pages cost the directory less than asking by id."""


_CURSOR_MARK = sha256(",".join(requests.USER_PROPERTIES).encode()).hexdigest()[:8]
"""A cursor holds for the properties that were asked for when it was made."""

_GONE = 410
_EXPIRED = ("syncstate", "resync", "directory_expiredpagetoken")
"""Codes (lower case, how they begin) that mean the same as 410. Source: Microsoft 365 developer blog, "Duration of
change tracking tokens"; "Microsoft Graph error responses and resource types"."""


class DirectoryPart(Tenancy):
    """Who is in the tenant."""

    async def count_users(self, *, priority: Priority) -> int:
        """How many users the tenant has. The directory's budget follows from it."""
        reading = await self._calls.read(lambda: requests.count_users(self._client), USERS, priority, entries.count)
        self._pacers[Family.DIRECTORY].rate.limit(directory_units_per_second(reading.value))
        return reading.value

    async def users(self, user_ids: Collection[str], *, tenant_users: int | None) -> Mapping[str, DirectoryUser]:
        """Directory entries by id, the cheaper way: by ids in batches, or whole pages. Missing ones are left out."""
        wanted = sorted({user_id for user_id in user_ids if user_id})
        if not wanted:
            return {}
        if not prefers_pages(len(wanted), tenant_users):
            read = await self._by_id.read(wanted, Priority.BRIEF, self._users_by_id())
            return {user.user_id: user for user, _ in read}
        missing = set(wanted)
        found: dict[str, DirectoryUser] = {}
        everyone = self._lists.read(requests.users(self._client), USERS, Priority.BRIEF, decode.users)
        async with aclosing(everyone):
            async for page in everyone:
                found.update({user.user_id: user for user in page.items if user.user_id in missing})
                if len(found) == len(missing):
                    break
        return found

    async def directory_changes(self, cursor: str | None) -> AsyncGenerator[DirectoryChanges, None]:
        """Pages of users/delta from a cursor on, or the whole directory from None.

        A link is good for seven days, and for the properties and the address that it was got with. Raises
        CursorExpiredError when the cursor is no longer good, GraphError as every reading. Sources: Microsoft Graph,
        "user: delta" and "Use delta query to track changes in Microsoft Graph data" (synchronization reset).
        """
        link = None if cursor is None else self._link_of(cursor)
        request = requests_directory.changes(self._client)
        followed: set[str] = set()
        while True:
            try:
                reading = await self._calls.read(partial(request, link), DELTA, Priority.BRIEF, changes)
            except RefusedError as error:
                if link is not None and _is_expired(error):
                    raise CursorExpiredError(
                        f"users/delta must be begun anew ({error.words.code or error.status})"
                    ) from None
                raise
            page = reading.value
            link = page.next_link or page.delta_link
            if link is None or link in followed:
                raise GraphError(Problem.MALFORMED, "Microsoft Graph's pages of users/delta lead nowhere")
            self._lists.refuse_to_stray(link, DELTA)
            followed.add(link)
            yield DirectoryChanges(
                users=tuple(item for item in page.items if isinstance(item, DirectoryUser)),
                removed=tuple(item.user_id for item in page.items if isinstance(item, Removed)),
                cursor=f"{_CURSOR_MARK} {link}",
                is_last=page.next_link is None,
            )
            if page.next_link is None:
                return

    def _link_of(self, cursor: str) -> str:
        """The link within a cursor of ours; CursorExpiredError for any other."""
        mark, _, link = cursor.partition(" ")
        if mark != _CURSOR_MARK or not is_same_origin(link, self._transport.base_url):
            raise CursorExpiredError("the cursor was made for other properties, or for another address of Graph")
        return link

    async def users_by_address(self, address: str) -> tuple[DirectoryUser, ...]:
        """Directory users whose mail or userPrincipalName is exactly this address."""
        if not address:
            return ()
        asked = requests.users_by_address(self._client, address)
        found = await self._lists.read_all(asked, USERS, Priority.CLICK, decode.users)
        wanted = address.casefold()
        return tuple(user for user in found if wanted in {user.mail.casefold(), user.user_principal_name.casefold()})

    async def domains(self) -> tuple[Domain, ...]:
        """All domains, the federated ones with their federation configuration (None where it can't be read)."""
        found = await self._lists.read_all(requests.domains(self._client), DOMAINS, Priority.BRIEF, decode.domains)
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
        found: list[tuple[str, Registered]] = []
        async with aclosing(report):
            async for page in report:
                found += page.items
        return await asyncio.to_thread(RegistrationReport, found)  # sorting tens of thousands takes a while

    def _users_by_id(self) -> Question[DirectoryUser]:
        def ask(user_ids: Ids) -> RequestInformation:
            return requests.users_by_id(self._client, user_ids)(None)

        return Question(USERS, ask, requests.users(self._client), decode.users)

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


def _is_expired(error: RefusedError) -> bool:
    return error.status == _GONE or error.words.code.lower().startswith(_EXPIRED)
