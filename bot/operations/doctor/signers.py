"""Look at the policy: who is on the lists, whom the directory knows, and whether enough of them could sign."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.decide.policy import Person, Policy, groups_among, quorum_for, refuse_person
from bot.decide.quorum import Quorum
from bot.decide.refusal import Refusal, Refused
from bot.decide.request_kind import RequestKind
from bot.operations.approving.match_accounts import match_accounts
from bot.operations.doctor.check import Check, failed, not_checked, passed, warned
from bot.ports.graph import Graph
from bot.ports.slack import Slack, SlackError
from bot.watch.evidence import Band

REQUESTERS, APPROVERS, BREAK_GLASS = "requesters", "approvers", "break-glass approvers"
TWO_KEYS = "two keys"
_VARIABLES = {
    REQUESTERS: "COUNTERSIGN_REQUESTERS",
    APPROVERS: "COUNTERSIGN_APPROVERS",
    BREAK_GLASS: "COUNTERSIGN_BREAK_GLASS_APPROVERS",
}
_WHY = {
    Refusal.PERSON_UNREADABLE: "Slack does not know that id",
    Refusal.DEACTIVATED: "deactivated in Slack",
    Refusal.NOT_A_PERSON: "a bot",
    Refusal.OTHER_WORKSPACE: "from another workspace",
    Refusal.GUEST: "a guest of the workspace",
    Refusal.ACCOUNT_UNKNOWN: "no directory user bears that e-mail address",
    Refusal.ACCOUNT_AMBIGUOUS: "several directory users bear that e-mail address",
    Refusal.ACCOUNT_DISABLED: "the directory account is disabled",
}
_MATCH = (
    "give the Slack account the address of exactly one directory user, or list the person in COUNTERSIGN_PEOPLE_FILE"
)


_ROWS: tuple[tuple[str, Band, Callable[..., Check]], ...] = (
    (TWO_KEYS, Band.LEANS_FALSE_ALARM, failed),
    (f"{TWO_KEYS}, evidence inconclusive", Band.INCONCLUSIVE, warned),
    (f"{TWO_KEYS}, evidence of an attack", Band.LEANS_ATTACK, warned),
)
"""Requests that clear risk, by what the evidence says: without the first the bot can't do its main job."""


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """Whom a tenant's policy names, and the doors by which they are looked up."""

    policy: Policy
    team_id: str
    slack: Slack
    graph: Graph
    enrolled: frozenset[str]
    """Slack ids of those who have a one-time code."""


@dataclass(frozen=True, slots=True)
class _Known:
    """One Slack user of the lists, looked up."""

    user_id: str
    accounts: frozenset[str]
    why_not: str = ""
    """Why that one could neither ask nor sign; empty: could."""
    is_unread: bool = False
    """The directory could not be read, so nothing is known of that one."""


class _LookUpError(Exception):
    """Slack could not be asked."""


async def check_signers(tenant: TenantPolicy) -> list[Check]:
    """The lists, everybody on them who could not sign, and each row of the quorum table."""
    policy = tenant.policy
    lists = {REQUESTERS: policy.requesters, APPROVERS: policy.approvers, BREAK_GLASS: policy.break_glass}
    try:
        ids = {name: await _ids(tenant, listed) for name, listed in lists.items()}
        known = {one: await _look_up(tenant, one) for one in dict.fromkeys(sum(ids.values(), ()))}
    except _LookUpError as problem:
        return [not_checked(name, str(problem), "mend Slack first") for name in (REQUESTERS, APPROVERS)]
    able = {name: [known[one] for one in found if not known[one].why_not] for name, found in ids.items()}
    checks = [_list(name, lists[name], ids[name], able[name]) for name in (REQUESTERS, APPROVERS)]
    checks += [_nobody(person) for person in known.values() if person.why_not]
    checks += [_without_code(person) for person in _lacking_codes(tenant, able)]
    if any(person.is_unread for person in known.values()):
        return [*checks, not_checked(TWO_KEYS, "the directory could not be read", "mend Microsoft Graph first")]
    return [*checks, *_quorums(policy, _as_signers(tenant, able))]


async def _ids(tenant: TenantPolicy, listed: tuple[str, ...]) -> tuple[str, ...]:
    """Everybody of a list, its user groups expanded."""
    groups = groups_among(listed)
    try:
        members = await tenant.slack.members(groups) if groups else frozenset[str]()
    except SlackError as error:
        raise _LookUpError(f"the members of {', '.join(groups)} could not be read ({error.code})") from None
    return tuple(dict.fromkeys([*(each for each in listed if each not in groups), *sorted(members)]))


async def _look_up(tenant: TenantPolicy, user_id: str) -> _Known:
    try:
        person = await tenant.slack.person(user_id)
    except SlackError as error:
        raise _LookUpError(f"{user_id} could not be looked up ({error.code})") from None
    refusal = refuse_person(person, team_id=tenant.team_id)
    if refusal is not None or person is None:
        return _Known(user_id, frozenset(), _WHY.get(refusal or Refusal.PERSON_UNREADABLE, "refused"))
    return await _match(tenant, person)


async def _match(tenant: TenantPolicy, person: Person) -> _Known:
    found = await match_accounts(tenant, person)
    if not isinstance(found, Refused):
        return _Known(person.user_id, frozenset(account.user_id for account in found))
    is_unread = found.refusal is Refusal.RISK_UNREADABLE
    why = found.detail if is_unread else _WHY.get(found.refusal, found.refusal.name.lower())
    return _Known(person.user_id, frozenset(), f"{_address(person)}{why}", is_unread=is_unread)


def _address(person: Person) -> str:
    return f"{person.email}: " if person.email else "Slack shows no e-mail address: "


def _list(name: str, listed: tuple[str, ...], ids: tuple[str, ...], able: list[_Known]) -> Check:
    variable = _VARIABLES[name]
    if not listed:
        return failed(name, "nobody: the list is empty", f"set {variable} to Slack user ids or user-group ids")
    if not able:
        return failed(name, f"none of {len(ids)} could be matched to the directory", f"{_MATCH}; or change {variable}")
    return passed(name, f"{len(able)} of {len(ids)} are members of the workspace and known to the directory")


def _nobody(person: _Known) -> Check:
    make = not_checked if person.is_unread else warned
    return make(f"person {person.user_id}", person.why_not, _MATCH if "@" in person.why_not else "see the lists")


def _lacking_codes(tenant: TenantPolicy, able: dict[str, list[_Known]]) -> list[_Known]:
    """Those whose signature needs a one-time code that they don't have."""
    needed = able[BREAK_GLASS] + (able[APPROVERS] if tenant.policy.codes_required else [])
    return [person for person in dict.fromkeys(needed) if person.user_id not in tenant.enrolled]


def _without_code(person: _Known) -> Check:
    return warned(
        f"one-time code of {person.user_id}",
        "there is none",
        f"on this host: countersign people enrol {person.user_id}",
    )


def _as_signers(tenant: TenantPolicy, able: dict[str, list[_Known]]) -> dict[str, list[_Known]]:
    """The lists without those who can't sign for lack of a code; asking needs none."""
    lacking = set(_lacking_codes(tenant, able))
    signing = (BREAK_GLASS, APPROVERS) if tenant.policy.codes_required else (BREAK_GLASS,)
    return {
        name: [person for person in people if name not in signing or person not in lacking]
        for name, people in able.items()
    }


def _quorums(policy: Policy, able: dict[str, list[_Known]]) -> list[Check]:
    """Each row of the table: could somebody ask, and enough others sign?"""
    checks = []
    for name, band, make in _ROWS:
        quorum = quorum_for(policy, band=band, clears_risk=True, kind=RequestKind.SURGE)
        checks.append(_quorum(name, quorum, able, make))
    return checks


def _quorum(name: str, quorum: Quorum, able: dict[str, list[_Known]], make: Callable[..., Check]) -> Check:
    needed = f"{quorum.approvals} besides the requester" + (
        f", {quorum.break_glass} of them break-glass" if quorum.break_glass else ""
    )
    signers = able[APPROVERS] + (able[BREAK_GLASS] if quorum.break_glass else [])
    others = max((_people_besides(asking, signers) for asking in able[REQUESTERS]), default=0)
    glass = max((_people_besides(asking, able[BREAK_GLASS]) for asking in able[REQUESTERS]), default=0)
    if others >= quorum.approvals and glass >= quorum.break_glass:
        return passed(name, f"needs {needed}: can be met")
    missing = "COUNTERSIGN_BREAK_GLASS_APPROVERS" if glass < quorum.break_glass else "COUNTERSIGN_APPROVERS"
    return make(
        name,
        f"needs {needed}; there are {others}" + (f", {glass} of them break-glass" if quorum.break_glass else ""),
        f"put more people into {missing}, each matched to a directory user of their own",
    )


def _people_besides(asking: _Known, signers: list[_Known]) -> int:
    """How many distinct people could sign what this one asks for: two Slack accounts of one person are one."""
    people: list[frozenset[str]] = []
    for signer in signers:
        if signer.user_id == asking.user_id or signer.accounts & asking.accounts:
            continue
        keys = signer.accounts or frozenset({signer.user_id})
        joined = [each for each in people if each & keys]
        people = [each for each in people if not each & keys]
        people.append(keys.union(*joined))
    return len(people)
