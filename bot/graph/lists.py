"""Lists: one page after the other along Graph's nextLinks, which are not followed blindly."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from hashlib import sha256
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import structlog
from kiota_abstractions.request_information import RequestInformation

from bot.graph.addresses import is_same_origin
from bot.graph.calls import GraphCalls
from bot.graph.endpoints import RISKY_USERS, Endpoint
from bot.graph.entries import Listing
from bot.graph.refusals import RefusedError
from bot.ports.graph import GraphError, Page, Priority, Problem

T = TypeVar("T")
Decode = Callable[[bytes], Listing[T]]
_BAD_REQUEST = 400

log = structlog.get_logger()


class MakeRequest(Protocol):
    """Makes the request for the first page, or for the page at a nextLink."""

    def __call__(self, link: str | None) -> RequestInformation:
        """A fresh request each time."""


class Lists:
    """Reads the lists of one tenant. Remembers, for its life, which filters this tenant refuses."""

    def __init__(self, calls: GraphCalls, base_url: str, tenant_id: str) -> None:
        self._calls = calls
        self._base_url = base_url
        self._refused_filters: set[tuple[str, str]] = set()
        self._log = log.bind(tenant_id=tenant_id)

    async def read(
        self, request: MakeRequest, endpoint: Endpoint, priority: Priority, decode: Decode[T]
    ) -> AsyncGenerator[Page[T], None]:
        """All pages, empty ones among them. Raises GraphError; what was yielded before stands."""
        link: str | None = None
        followed: set[bytes] = set()
        while True:
            try:
                reading = await self._calls.read(partial(request, link), endpoint, priority, decode)
            except RefusedError as error:
                if link is not None and _is_probable_end(error, endpoint):
                    self._log.warning("graph_list_probably_ended", resource=endpoint.name, pages=len(followed))
                    return
                raise
            listing = reading.value
            if listing.dropped:
                self._log.warning("graph_entries_dropped", resource=endpoint.name, dropped=listing.dropped)
            yield Page(listing.items, reading.read_at, listing.dropped)
            link = listing.next_link
            del reading, listing  # while the next page waits for its slot, this one lies in nobody's way
            if link is None:
                return
            self.refuse_to_stray(link, endpoint)
            mark = sha256(link.encode("utf-8", "replace")).digest()
            if mark in followed:
                self._log.error("graph_next_link_repeated", resource=endpoint.name, pages=len(followed))
                raise GraphError(Problem.MALFORMED, f"Microsoft Graph's pages of {endpoint.name} go round in a circle")
            followed.add(mark)

    async def read_all(
        self, request: MakeRequest, endpoint: Endpoint, priority: Priority, decode: Decode[T]
    ) -> list[T]:
        """What is on all pages. Raises GraphError."""
        return [item async for page in self.read(request, endpoint, priority, decode) for item in page.items]

    async def read_filtered(
        self,
        narrow: MakeRequest,
        bare: MakeRequest,
        endpoint: Endpoint,
        priority: Priority,
        decode: Decode[T],
        *,
        options: str,
    ) -> AsyncGenerator[Page[T], None]:
        """All pages by the narrow request, or by the bare one where this tenant answers 400 to its options.

        `options` names what is narrow about it, to remember a refusal by; what comes from the bare request is the
        caller's to filter.
        """
        refused: GraphError | None = None
        if (endpoint.name, options) not in self._refused_filters:
            async with aclosing(self.read(narrow, endpoint, priority, decode)) as found:
                try:
                    page = await anext(found, None)
                except GraphError as error:
                    if error.problem is not Problem.BAD_REQUEST:
                        raise
                    refused = error
                else:
                    if page is not None:
                        yield page
                    async for page in found:
                        yield page
                    return
        async with aclosing(self.read(bare, endpoint, priority, decode)) as found:
            async for page in found:
                if refused is not None:
                    self._refused_filters.add((endpoint.name, options))
                    self._log.warning(
                        "graph_filter_refused", resource=endpoint.name, options=options, status=refused.status
                    )
                    refused = None
                yield page

    def refuse_to_stray(self, link: str, endpoint: Endpoint) -> None:
        """Raise GraphError for a link that leads away from Graph."""
        if is_same_origin(link, self._base_url):
            return
        try:
            there = urlsplit(link).hostname or ""
        except ValueError:
            there = "unreadable"
        self._log.error("graph_next_link_elsewhere", resource=endpoint.name, host=there[:80])
        raise GraphError(Problem.MALFORMED, f"a nextLink of {endpoint.name} leads away from Microsoft Graph")


def _is_probable_end(error: RefusedError, endpoint: Endpoint) -> bool:
    """The last nextLink of riskyUsers is known to answer 400 with an empty message."""
    return endpoint is RISKY_USERS and error.status == _BAD_REQUEST and not error.words.message
