"""Requests for the logs, for what Microsoft announces, and for Conditional Access policies."""

from msgraph.graph_service_client import GraphServiceClient

from bot.graph.lists import MakeRequest
from bot.graph.requests import NEWER_MEMBERS, Query, listing, literal
from bot.graph.timestamps import filter_text

LOG_PAGE = 1_000
"""The largest page of signIns and directoryAudits, and the largest that service announcements may be asked for."""

_LARGE_PAGES = {"Prefer": f"odata.maxpagesize={LOG_PAGE}"}


def sign_ins(
    client: GraphServiceClient, *, since: int, until: int | None, error_code: int | None, user_id: str | None
) -> MakeRequest:
    """Pages of signIns, newest first. The page "List signIns" names no $select."""
    conditions = _between("createdDateTime", since, until)
    if error_code is not None:
        conditions.append(f"status/errorCode eq {error_code}")
    if user_id is not None:
        conditions.append(f"userId eq {literal(user_id)}")
    query = Query(top=LOG_PAGE, filter=" and ".join(conditions))
    return listing(client.audit_logs.sign_ins, query)


def audits(client: GraphServiceClient, *, since: int, until: int | None, activity: str | None) -> MakeRequest:
    """Pages of directoryAudits, newest first."""
    conditions = _between("activityDateTime", since, until)
    if activity is not None:
        conditions.append(f"activityDisplayName eq {literal(activity)}")
    query = Query(top=LOG_PAGE, filter=" and ".join(conditions))
    return listing(client.audit_logs.directory_audits, query)


def health_issues(client: GraphServiceClient, since: int | None) -> MakeRequest:
    """Pages of the health issues of Microsoft's services."""
    query = Query(filter=_begun(since))
    return listing(client.admin.service_announcement.issues, query, _LARGE_PAGES)


def messages(client: GraphServiceClient, since: int | None) -> MakeRequest:
    """Pages of the message center."""
    query = Query(filter=_begun(since))
    return listing(client.admin.service_announcement.messages, query, _LARGE_PAGES)


def access_policies(client: GraphServiceClient) -> MakeRequest:
    """Pages of Conditional Access policies; newer controls by their name."""
    return listing(client.identity.conditional_access.policies, None, NEWER_MEMBERS)


def _begun(since: int | None) -> str | None:
    return None if since is None else f"startDateTime ge {filter_text(since)}"


def _between(name: str, since: int, until: int | None) -> list[str]:
    upper = [] if until is None else [f"{name} le {filter_text(until)}"]
    return [f"{name} ge {filter_text(since)}", *upper]
