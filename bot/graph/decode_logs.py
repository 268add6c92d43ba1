"""What happened, and what Microsoft says of it: sign-ins, audits, health issues, messages, policies."""

import html
import re
from typing import Any

from bot.graph.entries import (
    Entry,
    each,
    inside,
    moment,
    page_of,
    text,
    texts,
    truth,
    whole_number,
)
from bot.watch.access_policies import AccessPolicy, Grant
from bot.watch.announcements import Announcement
from bot.watch.audits import Audit
from bot.watch.sign_ins import SignIn

_LONGEST_TEXT = 4_000
_LONGEST_HTML = 64_000
_TAG = re.compile(r"<[^>]{0,2000}>")

_GRANTS = {
    "block": Grant.BLOCK,
    "mfa": Grant.MFA,
    "passwordchange": Grant.PASSWORD_CHANGE,
    "riskremediation": Grant.REMEDIATION,
}
"""builtInControls in lower case. riskRemediation stands after unknownFutureValue in the metadata."""

_GUESTS = "GuestsOrExternalUsers"


@page_of("id user_id created_date_time status ip_address app_display_name risk_level_during_sign_in")
def sign_ins(entry: Entry) -> SignIn | None:
    """A page of signIns."""
    identifier, user_id, at = text(entry.id), text(entry.user_id), moment(entry.created_date_time)
    code = whole_number(inside(entry.status).get("errorCode"))
    if not identifier or not user_id or at is None or code is None:
        return None
    return SignIn(
        id=identifier,
        user_id=user_id,
        at=at,
        error_code=code,
        ip_address=text(entry.ip_address),
        app=text(entry.app_display_name),
        risk_level=text(entry.risk_level_during_sign_in),
    )


@page_of("id activity_date_time activity_display_name category result initiated_by target_resources")
def audits(entry: Entry) -> Audit | None:
    """A page of directoryAudits."""
    identifier, at = text(entry.id), moment(entry.activity_date_time)
    if not identifier or at is None:
        return None
    initiator = inside(entry.initiated_by)
    by_user, by_app = inside(initiator.get("user")), inside(initiator.get("app"))
    targets = [inside(target) for target in each(entry.target_resources)]
    return Audit(
        id=identifier,
        at=at,
        activity=text(entry.activity_display_name),
        category=text(entry.category),
        result=text(entry.result),
        by_user_id=text(by_user.get("id")),
        by_app=text(by_app.get("displayName")),
        by_app_id=text(by_app.get("appId")),
        ip_address=text(by_user.get("ipAddress")),
        target_ids=tuple(filter(None, (text(target.get("id")) for target in targets))),
        target_names=tuple(
            filter(
                None, (text(target.get("displayName")) or text(target.get("userPrincipalName")) for target in targets)
            )
        ),
    )


@page_of("id title start_date_time service services impact_description posts body is_resolved")
def announcements(entry: Entry) -> Announcement | None:
    """A page of health issues or of messages."""
    identifier, started_at = text(entry.id), moment(entry.start_date_time)
    if not identifier or started_at is None:
        return None
    service = text(entry.service)
    posts = [text(inside(inside(post).get("description")).get("content")) for post in each(entry.posts)]
    said = [text(entry.impact_description), text(inside(entry.body).get("content")), *posts[-1:]]
    return Announcement(
        id=identifier,
        title=text(entry.title),
        services=(service,) if service else texts(entry.services),
        text=_plain("\n".join(dict.fromkeys(filter(None, said)))),
        started_at=started_at,
        is_resolved=truth(entry.is_resolved) is True,
    )


@page_of("id display_name state modified_date_time conditions grant_controls")
def access_policies(entry: Entry) -> AccessPolicy | None:
    """A page of Conditional Access policies."""
    identifier = text(entry.id)
    if not identifier:
        return None
    conditions, granted = inside(entry.conditions), inside(entry.grant_controls)
    users = inside(conditions.get("users"))
    return AccessPolicy(
        id=identifier,
        name=text(entry.display_name),
        state=text(entry.state),
        user_risk_levels=texts(conditions.get("userRiskLevels")),
        grants=_grants(granted),
        include_users=_with_guests(users, "include"),
        exclude_users=_with_guests(users, "exclude"),
        include_groups=texts(users.get("includeGroups")),
        exclude_groups=texts(users.get("excludeGroups")),
        include_roles=texts(users.get("includeRoles")),
        exclude_roles=texts(users.get("excludeRoles")),
        modified_text=text(entry.modified_date_time),
    )


def _grants(granted: Any) -> tuple[Grant, ...]:  # noqa: ANN401 - as it came
    found = [_GRANTS.get(control.lower(), Grant.OTHER) for control in texts(granted.get("builtInControls"))]
    if inside(granted.get("authenticationStrength")):
        found.append(Grant.MFA)
    if texts(granted.get("customAuthenticationFactors")) or texts(granted.get("termsOfUse")):
        found.append(Grant.OTHER)
    return tuple(dict.fromkeys(found))


def _with_guests(users: Any, way: str) -> tuple[str, ...]:  # noqa: ANN401 - as it came
    """Users in or out of scope; the newer object for guests reads as the word that means all of them."""
    named = texts(users.get(f"{way}Users"))
    guests = inside(users.get(f"{way}GuestsOrExternalUsers"))
    return tuple(dict.fromkeys([*named, *([_GUESTS] if guests else [])]))


def _plain(content: str) -> str:
    """Text without HTML's tags and entities, cut; it is shown to people only as text."""
    bare = html.unescape(_TAG.sub(" ", content[:_LONGEST_HTML]))
    return "\n".join(filter(None, (" ".join(line.split()) for line in bare.splitlines())))[:_LONGEST_TEXT]
