"""The token that goes with each call, and to which host it may go."""

import re
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    AuthenticationProvider,
    BaseBearerTokenAuthenticationProvider,
)

from bot.graph.addresses import AUTHORITIES
from bot.ports.graph import GraphError, Problem

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

_ENTRA_CODE = re.compile(r"AADSTS\d+")


class _ReadyToken(AccessTokenProvider):
    """A token that was handed over ready-made, for one host."""

    def __init__(self, token: str, host: str) -> None:
        self._token = token
        self._validator = AllowedHostsValidator([host])

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: dict[str, Any] = {},  # noqa: ARG002, B006 - the SDK's signature
    ) -> str:
        return self._token if self._validator.is_url_host_valid(uri) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._validator


class EntraCredential:
    """azure-identity's default chain, whose failures come as GraphError and without its long messages."""

    def __init__(self, tenant_id: str, graph_url: str) -> None:
        from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - 16 MB and 0.1 s, only where it is used

        authority = AUTHORITIES.get(urlsplit(graph_url).hostname or "")
        options = {"authority": authority} if authority else {}
        self._chain = DefaultAzureCredential(additionally_allowed_tenants=[tenant_id], **options)

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **options: Any,  # noqa: ANN401 - azure-identity's protocol
    ) -> "AccessToken":
        """A token, or GraphError: refused, or Entra could not be reached."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError  # noqa: PLC0415 - as above

        try:
            return await self._chain.get_token(
                *scopes, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae, **options
            )
        except ClientAuthenticationError as error:
            code = _ENTRA_CODE.search(str(error))
            raise GraphError(
                Problem.TOKEN_REFUSED,
                f"Entra ID issued no token{f' ({code.group()})' if code else ''}: check AZURE_TENANT_ID, "
                "AZURE_CLIENT_ID and the app's secret, certificate or managed identity",
            ) from None
        except AzureError as error:
            raise GraphError(
                Problem.UNAVAILABLE, f"Entra ID could not be asked for a token ({type(error).__name__})"
            ) from None

    async def close(self) -> None:
        """Give back the chain's connections."""
        await self._chain.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


def ready_token(token: str, graph_url: str) -> AuthenticationProvider:
    """Authentication with a ready-made token."""
    return BaseBearerTokenAuthenticationProvider(_ReadyToken(token, urlsplit(graph_url).hostname or ""))


def entra_token(credential: EntraCredential, tenant_id: str, graph_url: str) -> AuthenticationProvider:
    """Authentication by Entra ID, for Graph's own host only; the scope follows from the cloud."""
    from kiota_authentication_azure.azure_identity_authentication_provider import (  # noqa: PLC0415 - as above
        AzureIdentityAuthenticationProvider,
    )

    return AzureIdentityAuthenticationProvider(
        credential,
        options={"tenant_id": tenant_id},
        scopes=[f"{graph_url}/.default"],
        allowed_hosts=[urlsplit(graph_url).hostname or ""],
    )
