"""The wire: msgraph-sdk's builders, authentication and middleware over a client of our own.

The SDK's retries and redirects are off: what is tried again, when, and at what pace is decided in bot.graph.calls.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from kiota_abstractions.authentication import AuthenticationProvider, BaseBearerTokenAuthenticationProvider
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RedirectHandlerOption, ResponseHandlerOption, RetryHandlerOption
from kiota_http.observability_options import ObservabilityOptions
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as sdk_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

from bot.graph.addresses import is_loopback

_CONNECTIONS = 8

_on_leaving: ContextVar[Callable[[], None] | None] = ContextVar("on_leaving", default=None)
"""The SDK hands nothing of ours through to its client: this follows the call there."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, in seconds."""

    connect: float = 5.0
    read: float = 30.0
    """Between two pieces of an answer."""
    whole: float = 90.0
    """From the request's first byte to the answer's last."""
    again: float = 0.25
    """Before a failed read is tried again, at least; it doubles with each try."""


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Whose certificates are trusted: read once for all tenants, since it takes 30 milliseconds and 3 MB each time."""
    return httpx.create_ssl_context()


class Transport:
    """One tenant's connection to Graph. Belongs to one event loop."""

    def __init__(self, graph_url: str, authentication: AuthenticationProvider, patience: Patience) -> None:
        self._whole = patience.whole
        self._authentication = authentication
        self._wire = httpx.AsyncHTTPTransport(
            verify=trusted_authorities(),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            proxy=_proxy_for(graph_url),
        )
        self._client = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(
                transport=self._wire,
                timeout=httpx.Timeout(patience.read, connect=patience.connect),
                follow_redirects=False,
                event_hooks={"request": [_tell_leaving]},
            ),
            options=sdk_options
            | {
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
                RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            },
        )
        self._adapter = GraphRequestAdapter(authentication, client=self._client)
        self._adapter.base_url = f"{graph_url}/v1.0"
        self._adapter.observability_options = ObservabilityOptions(include_euii_attributes=False)
        self.requests = GraphServiceClient(request_adapter=self._adapter)
        """The SDK's request builders."""
        self.base_url = self._adapter.base_url

    async def token(self) -> str:
        """The access token that would go with a call; empty where there is none. Raises GraphError."""
        provider = self._authentication
        if not isinstance(provider, BaseBearerTokenAuthenticationProvider):
            return ""
        return str(await provider.access_token_provider.get_authorization_token(self.base_url))

    async def exchange(
        self, request: RequestInformation, on_leaving: Callable[[], None] | None = None
    ) -> httpx.Response:
        """Send a request and read its whole answer, whatever its status.

        on_leaving is called when the request leaves, which is later than now where a token must be got first, and
        again when it is written.
        Raises httpx.RequestError or TimeoutError where no whole answer came, GraphError where there was no token.
        """
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        leaving = _on_leaving.set(on_leaving)
        try:
            async with asyncio.timeout(self._whole):
                response = await self._adapter.send_primitive_async(request, "bytes", None)
        finally:
            _on_leaving.reset(leaving)
        if not isinstance(response, httpx.Response):
            raise TypeError("the SDK kept the response to itself")
        # A response and its stream hold each other: a page of megabytes would wait for the collector, which rests.
        response.stream = httpx.ByteStream(b"")
        return response

    async def close(self) -> None:
        """Close the client and the pool beneath it, which the SDK's middleware hides from the client."""
        await self._client.aclose()
        await self._wire.aclose()


async def _tell_leaving(request: httpx.Request) -> None:
    """Now, and again once it is written: a connection may have to be opened in between, which takes its time."""
    tell = _on_leaving.get()
    if tell is None:
        return
    tell()

    async def trace(event: str, _info: Mapping[str, object]) -> None:
        if event.endswith(".send_request_body.complete"):
            tell()

    request.extensions = {**request.extensions, "trace": trace}


def keep_addresses_out_of_logs() -> None:
    """Silence httpx below WARNING: it logs every URL at INFO, and ours hold people's addresses in their filters."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _proxy_for(graph_url: str) -> str | None:
    parts = urlsplit(graph_url)
    if is_loopback(graph_url) or proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
