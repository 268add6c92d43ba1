"""Requests, made with msgraph-sdk's builders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.domains.item.federation_configuration.federation_configuration_request_builder import (
    FederationConfigurationRequestBuilder,
)
from msgraph.generated.identity_protection.risky_users.confirm_compromised import (
    confirm_compromised_post_request_body as compromised_body,
)
from msgraph.generated.identity_protection.risky_users.confirm_safe import confirm_safe_post_request_body as safe_body
from msgraph.generated.identity_protection.risky_users.dismiss import dismiss_post_request_body as dismiss_body
from msgraph.graph_service_client import GraphServiceClient

from bot.decide.action import Action
from bot.graph.lists import MakeRequest
from bot.graph.timestamps import filter_text

RISK_PAGE = 500
"""The largest $top of riskDetections and riskyUsers; 501 is refused."""
USER_PAGE = 999
IDS_IN_A_FILTER = 15
REQUESTS_IN_A_BATCH = 20

USER_PROPERTIES = [
    "id",
    "userPrincipalName",
    "displayName",
    "mail",
    "userType",
    "externalUserState",
    "accountEnabled",
    "onPremisesSyncEnabled",
    "createdDateTime",
    "lastPasswordChangeDateTime",
    "department",
]
"""What a DirectoryUser is made of. A delta's cursor holds for these alone."""

REGISTRATION_PROPERTIES = [
    "id",
    "isPasswordlessCapable",
    "isMfaRegistered",
    "isMfaCapable",
    "isSsprCapable",
    "isAdmin",
    "methodsRegistered",
]

NEWER_MEMBERS = {"Prefer": "include-unknown-enum-members"}
"""Else Graph writes unknownFutureValue for members such as adminConfirmedAccountSafe."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """The OData options of a list. Each of the SDK's builders has a class of its own that says the same."""

    count: bool | None = None
    expand: list[str] | None = None
    filter: str | None = None
    select: list[str] | None = None
    top: int | None = None

    def get_query_parameter(self, name: str) -> str:
        """The option's name in the URL, as the SDK asks for it."""
        return f"%24{name}"


def detections(client: GraphServiceClient, since: int | None) -> MakeRequest:
    """Pages of riskDetections, filtered by detectedDateTime where `since` (microseconds UTC) is given."""
    builder = client.identity_protection.risk_detections
    query = Query(top=RISK_PAGE, filter=None if since is None else f"detectedDateTime ge {filter_text(since)}")
    return listing(builder, query, NEWER_MEMBERS)


def risky_users(
    client: GraphServiceClient, *, changed_since: int | None, only_at_risk: bool, page_size: int = RISK_PAGE
) -> MakeRequest:
    """Pages of riskyUsers, of at most RISK_PAGE."""
    builder = client.identity_protection.risky_users
    conditions = []
    if only_at_risk:
        conditions.append("riskState eq 'atRisk'")
    if changed_since is not None:
        conditions.append(f"riskLastUpdatedDateTime ge {filter_text(changed_since)}")
    query = Query(top=min(page_size, RISK_PAGE), filter=" and ".join(conditions) or None)
    return listing(builder, query, NEWER_MEMBERS)


def risky_user(client: GraphServiceClient, user_id: str) -> RequestInformation:
    """One riskyUser."""
    builder = client.identity_protection.risky_users.by_risky_user_id(user_id)
    return builder.to_get_request_information(configuration(None, NEWER_MEMBERS))


def action(client: GraphServiceClient, wanted: Action, user_ids: Sequence[str]) -> RequestInformation:
    """A write on riskyUsers. Raises ValueError for an action that is none."""
    builder = client.identity_protection.risky_users
    ids = list(user_ids)
    if wanted is Action.CONFIRM_SAFE:
        return builder.confirm_safe.to_post_request_information(safe_body.ConfirmSafePostRequestBody(user_ids=ids))
    if wanted is Action.DISMISS_RISK:
        return builder.dismiss.to_post_request_information(dismiss_body.DismissPostRequestBody(user_ids=ids))
    if wanted is Action.CONFIRM_COMPROMISED:
        body = compromised_body.ConfirmCompromisedPostRequestBody(user_ids=ids)
        return builder.confirm_compromised.to_post_request_information(body)
    raise ValueError(f"{wanted.value} is no write on risky users")


def count_users(client: GraphServiceClient) -> RequestInformation:
    """The number of users; advanced, hence eventual."""
    return client.users.count.to_get_request_information(configuration(None, {"ConsistencyLevel": "eventual"}))


def users(client: GraphServiceClient) -> MakeRequest:
    """All users in the largest pages."""
    query = Query(top=USER_PAGE, select=USER_PROPERTIES)
    return listing(client.users, query)


def users_by_address(client: GraphServiceClient, address: str) -> MakeRequest:
    """Users with exactly this mail or userPrincipalName."""
    wanted = literal(address)
    query = Query(filter=f"mail eq {wanted} or userPrincipalName eq {wanted}", select=USER_PROPERTIES)
    return listing(client.users, query)


def users_by_id(client: GraphServiceClient, user_ids: Sequence[str]) -> MakeRequest:
    """Up to 15 users by id."""
    query = Query(filter=f"id in ({','.join(map(literal, user_ids))})", select=USER_PROPERTIES)
    return listing(client.users, query)


def batch(client: GraphServiceClient, inner: Sequence[RequestInformation]) -> RequestInformation:
    """Up to 20 requests in one call, numbered from "0". The SDK's own batch classes lose bodies."""
    base_url = client.request_adapter.base_url
    entries = []
    for number, request in enumerate(inner):
        request.path_parameters["baseurl"] = base_url
        entry: dict[str, object] = {
            "id": str(number),
            "method": request.http_method.value if request.http_method else "GET",
            "url": request.url.removeprefix(base_url),
        }
        if request.content is not None:
            entry |= {"headers": {"Content-Type": "application/json"}, "body": msgspec.Raw(request.content)}
        entries.append(entry)
    made = RequestInformation(Method.POST, "{+baseurl}/$batch", {})
    made.headers.try_add("Accept", "application/json")
    made.set_stream_content(msgspec.json.encode({"requests": entries}), "application/json")
    return made


def domains(client: GraphServiceClient) -> MakeRequest:
    """All domains."""
    return listing(client.domains, None)


def federation(client: GraphServiceClient, domain: str) -> RequestInformation:
    """A domain's federation configuration. It takes no OData options."""
    builder: FederationConfigurationRequestBuilder = client.domains.by_domain_id(domain).federation_configuration
    return builder.to_get_request_information()


def registration(client: GraphServiceClient) -> MakeRequest:
    """Pages of the registration report, large and lean. The documents name neither option."""
    builder = client.reports.authentication_methods.user_registration_details
    query = Query(top=USER_PAGE, select=REGISTRATION_PROPERTIES)
    return listing(builder, query)


def registration_bare(client: GraphServiceClient) -> MakeRequest:
    """Pages of the registration report as Graph makes them by itself."""
    return listing(client.reports.authentication_methods.user_registration_details, None)


def literal(text: str) -> str:
    """An OData string literal: a quote within is doubled."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def listing(builder: Any, query: object, headers: dict[str, str] | None = None) -> MakeRequest:  # noqa: ANN401 - any list
    """A list's first page by its query, or the page at a link; the headers go with each."""

    def request(link: str | None) -> RequestInformation:
        if link is not None:
            made = builder.with_url(link).to_get_request_information(configuration(None, headers))
        else:
            made = builder.to_get_request_information(configuration(query, headers))
        assert isinstance(made, RequestInformation)  # noqa: S101 - the builders have no common type
        return made

    return request


def configuration(query: object, headers: dict[str, str] | None) -> RequestConfiguration[Any]:
    """Query and headers as the SDK's builders take them."""
    collection = HeadersCollection()
    for name, value in (headers or {}).items():
        collection.add(name, value)
    return RequestConfiguration(query_parameters=query, headers=collection)
