"""Judge who clicked, from what Slack and Graph say at that moment. What can't be read refuses."""

from dataclasses import dataclass

import structlog

from bot.decide.policy import Account, Person, groups_among, refuse_list, refuse_person
from bot.decide.refusal import Refusal
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.ports.slack import Click, SlackError
from bot.watch.profile import DirectoryUser

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal and what fills its sentence."""

    refusal: Refusal
    detail: str = ""


MOST_NAMED = 3


def named(listed: tuple[str, ...], *, but: str = "") -> str:
    """The first few of a list as mentions, for the sentence that says who can do it instead."""
    shown = [f"<!subteam^{each}>" if each in groups_among(listed) else f"<@{each}>" for each in listed if each != but]
    return " or ".join(shown[:MOST_NAMED])


async def judge_lists(tenant: Tenant, click: Click, allowed: tuple[str, ...], not_listed: Refusal) -> Person | Refused:
    """The person who clicked, if he is a full member of this workspace and on the list."""
    if click.team_id != tenant.team_id:
        return Refused(Refusal.OTHER_WORKSPACE)
    try:
        members = await tenant.slack.members(groups_among(allowed)) if groups_among(allowed) else frozenset[str]()
        refusal = refuse_list(click.user_id, frozenset(allowed) | members, not_listed)
        if refusal is None or refusal is not Refusal.NOBODY_MAY:
            person = await tenant.slack.person(click.user_id)
        else:
            return Refused(refusal)
    except SlackError as problem:
        log.warning("person_not_read", tenant=tenant.id, code=problem.code)
        return Refused(Refusal.PERSON_UNREADABLE)
    found = refuse_person(person, team_id=tenant.team_id) or refusal
    if found is not None or person is None:
        return Refused(found or Refusal.PERSON_UNREADABLE, named(allowed, but=click.user_id))
    return person


async def accounts_of(tenant: Tenant, person: Person) -> tuple[DirectoryUser, ...] | Refused:
    """The directory account that bears the person's address; none where there is no such account."""
    if not person.email:
        return ()
    try:
        found = await tenant.graph.users_by_address(person.email)
    except GraphError as problem:
        return Refused(Refusal.RISK_UNREADABLE, problem.why)
    if len(found) > 1:
        return Refused(Refusal.ACCOUNT_AMBIGUOUS)
    return found


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
