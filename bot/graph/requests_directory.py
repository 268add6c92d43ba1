"""Requests to the directory beyond its users, and writes to accounts."""

from collections.abc import Sequence

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from bot.graph.lists import MakeRequest
from bot.graph.requests import USER_PAGE, USER_PROPERTIES, Query, listing, literal
from bot.watch.announcements import MICROSOFT_TENANT

_ADVANCED = {"ConsistencyLevel": "eventual"}
"""What an advanced query needs beside $count=true. Source: "Advanced query capabilities on Microsoft Entra ID"."""

_CHANGE_PASSWORD = b'{"passwordProfile":{"forceChangePasswordNextSignInWithMfa":true}}'

ACCOUNT_PROPERTIES = [
    "id",
    "accountEnabled",
    "signInSessionsValidFromDateTime",
    "lastPasswordChangeDateTime",
]
PASSWORD_PROFILE = "passwordProfile"  # noqa: S105 - a property's name


def changes(client: GraphServiceClient) -> MakeRequest:
    """Pages of users/delta; the properties that are named at first hold for the whole chain of links."""
    query = Query(select=USER_PROPERTIES)
    return listing(client.users.delta, query, {"Prefer": f"odata.maxpagesize={USER_PAGE}"})


def accounts_by_id(
    client: GraphServiceClient, user_ids: Sequence[str], *, with_password_profile: bool
) -> RequestInformation:
    """Up to 15 users with what actions on accounts show by."""
    properties = [*ACCOUNT_PROPERTIES, *([PASSWORD_PROFILE] if with_password_profile else [])]
    query = Query(filter=f"id in ({','.join(map(literal, user_ids))})", select=properties)
    return listing(client.users, query)(None)


def revoke_sessions(client: GraphServiceClient, user_id: str) -> RequestInformation:
    """Make a user's refresh tokens invalid."""
    return client.users.by_user_id(user_id).revoke_sign_in_sessions.to_post_request_information()


def require_password_change(client: GraphServiceClient, user_id: str) -> RequestInformation:
    """Demand a new password at the next sign-in, after MFA.

    Made without the SDK's user model, whose import costs more than all requests of a run.
    """
    request = client.users.by_user_id(user_id).to_get_request_information()
    request.http_method = Method.PATCH
    request.set_stream_content(_CHANGE_PASSWORD, "application/json")
    return request


def role_definitions(client: GraphServiceClient) -> MakeRequest:
    """Pages of the directory's roles."""
    query = Query(select=["id", "templateId", "displayName"])
    return listing(client.role_management.directory.role_definitions, query)


def role_assignments(client: GraphServiceClient) -> MakeRequest:
    """Pages of who holds which role, and whether that is a user, a group or an app."""
    query = Query(expand=["principal"])
    return listing(client.role_management.directory.role_assignments, query)


def group_members(client: GraphServiceClient, group_id: str) -> MakeRequest:
    """Pages of a group's members, nested groups expanded."""
    query = Query(top=USER_PAGE, select=["id"])
    return listing(client.groups.by_group_id(group_id).transitive_members, query)


def microsoft_apps(client: GraphServiceClient) -> MakeRequest:
    """Pages of the service principals of Microsoft's own apps; an advanced query."""
    query = Query(
        top=USER_PAGE,
        count=True,
        filter=f"appOwnerOrganizationId eq {MICROSOFT_TENANT}",
        select=["id", "appId", "displayName"],
    )
    return listing(client.service_principals, query, _ADVANCED)


def synchronization(client: GraphServiceClient) -> MakeRequest:
    """The tenant's synchronisation from on-premises."""
    query = Query(select=["id", "features"])
    return listing(client.directory.on_premises_synchronization, query)


def rollouts(client: GraphServiceClient) -> MakeRequest:
    """The tenant's staged rollouts, with the groups that they apply to."""
    query = Query(expand=["appliesTo"])
    return listing(client.policies.feature_rollout_policies, query)


def organization(client: GraphServiceClient) -> MakeRequest:
    """The tenant itself with its plans."""
    query = Query(select=["id", "assignedPlans"])
    return listing(client.organization, query)
