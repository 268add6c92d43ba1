"""Judge who clicked, from what Slack and Graph say at that moment. What can't be read refuses."""

import asyncio
import contextlib

import structlog

from bot.decide.policy import Account, Person, groups_among, refuse_list, refuse_person
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import Request
from bot.operations.planning.known_signers import known_signers
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.ports.presses import PRESSES
from bot.ports.slack import Click, SlackError
from bot.watch.profile import DirectoryUser

SLACK_MAY_TAKE = 5.0
"""Seconds that the host's command line waits for Slack before it goes by what was known."""

log = structlog.get_logger()


MOST_NAMED = 3


def named(listed: tuple[str, ...], *, but: str = "") -> str:
    """The first few of a list as mentions, for the sentence that says who can do it instead."""
    shown = [f"<!subteam^{each}>" if each in groups_among(listed) else f"<@{each}>" for each in listed if each != but]
    return " or ".join(shown[:MOST_NAMED])


async def judge_press(tenant: Tenant, click: Click, request: Request | None = None) -> Person | Refused:
    """The person who clicked, if they are on the list that the registry names for such a press.

    request: the one that is pressed, where the list hangs on it.
    """
    press = PRESSES[click.kind]
    return await judge_lists(tenant, click, tenant.policy.allowed(press.who, request), press.refusal)


async def judge_lists(tenant: Tenant, click: Click, allowed: tuple[str, ...], not_listed: Refusal) -> Person | Refused:
    """The person who clicked, if they are a full member of this workspace and on the list."""
    if not click.is_from_host and click.team_id != tenant.team_id:
        return Refused(Refusal.OTHER_WORKSPACE)
    try:
        members = await _members(tenant, click, allowed)
        person = await _person(tenant, click)
    except SlackError as problem:
        log.warning("person_not_read", tenant=tenant.id, code=problem.code)
        return Refused(Refusal.PERSON_UNREADABLE)
    refusal = refuse_person(person, team_id=tenant.team_id)
    refusal = refusal or refuse_list(click.user_id, frozenset(allowed) | members, not_listed)
    if refusal is not None or person is None:
        return Refused(refusal or Refusal.PERSON_UNREADABLE, named(allowed, but=click.user_id))
    return person


async def _members(tenant: Tenant, click: Click, allowed: tuple[str, ...]) -> frozenset[str]:
    """The members of the groups as they are now; for the host's command line as they were, where Slack is away."""
    groups = groups_among(allowed)
    if not groups:
        return frozenset()
    if not click.is_from_host:
        return await tenant.slack.members(groups)
    try:
        async with asyncio.timeout(SLACK_MAY_TAKE):
            return await tenant.slack.members(groups)
    except (SlackError, TimeoutError):
        return await _known_members(tenant, allowed)


async def _known_members(tenant: Tenant, allowed: tuple[str, ...]) -> frozenset[str]:
    """Whoever was on such a list when Slack was last asked."""
    listed, policy = await tenant.store.look(lambda tx: known_signers(tx, tenant.id)), tenant.policy

    def is_of(ids: tuple[str, ...]) -> bool:
        return bool(ids) and set(ids) <= set(allowed)

    return frozenset(
        each.user_id
        for each in listed.people
        if (each.is_requester and is_of(policy.requesters))
        or (each.is_approver and is_of(policy.approvers))
        or (each.is_break_glass and is_of(policy.break_glass))
    )


async def _person(tenant: Tenant, click: Click) -> Person | None:
    """Who that is now. For the host's command line, where Slack is away: whoever is listed, by their id alone."""
    if not click.is_from_host:
        return await tenant.slack.person(click.user_id)
    with contextlib.suppress(SlackError, TimeoutError):
        async with asyncio.timeout(SLACK_MAY_TAKE):
            person = await tenant.slack.person(click.user_id)
        if person is not None:
            return person
    return Person(user_id=click.user_id, team_id=tenant.team_id, name="", email="")


async def judge_accounts(tenant: Tenant, accounts: tuple[DirectoryUser, ...]) -> tuple[Account, ...] | Refused:
    """Each account with whether it is at risk at this moment."""
    judged = []
    for account in accounts:
        try:
            risky = await tenant.graph.risky_user(account.user_id, priority=Priority.CLICK)
        except GraphError as problem:
            return Refused(Refusal.RISK_UNREADABLE, problem.why)
        judged.append(Account(account.user_id, risky is not None and risky.is_open))
    return tuple(judged)
