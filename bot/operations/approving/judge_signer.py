"""Judge who would sign or ask: lists, workspace, directory accounts, roles, conflicts; all as they are at the click."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from bot.decide.plan import Plan
from bot.decide.policy import Account, Person, Who, groups_among, refuse_conflict
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import Request
from bot.decide.request_kind import RequestKind
from bot.operations.approving.judge_person import judge_accounts, judge_lists, judge_press, named
from bot.operations.approving.match_accounts import match_accounts
from bot.operations.planning.known_signers import known_signers
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError
from bot.ports.slack import Click, SlackError
from bot.store.transaction import Transaction
from bot.watch.profile import DirectoryUser

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who may sign, as far as lists and directory tell. The conflict with a plan is judged with the plan."""

    user_id: str
    accounts: tuple[Account, ...]
    """Directory accounts, each with whether it is at risk."""
    is_break_glass: bool
    """On the list of break-glass approvers."""

    @property
    def account_ids(self) -> tuple[str, ...]:
        """What a vote keeps, so that two Slack accounts of one person are told to be one."""
        return tuple(account.user_id for account in self.accounts)


async def judge_signer(tenant: Tenant, click: Click, request: Request) -> Signer | Refused:
    """Judge who clicked as a signer of this request.

    Graph is asked for the accounts, the roles where the policy names any, and the risk of each account. What can't be
    read refuses. Call `judge_conflict` with the plan in the transaction that counts the signature.
    """
    allowed = tenant.policy.allowed(Who.SIGNERS, request)
    person = await judge_lists(tenant, click, allowed, not_listed(request.kind))
    if isinstance(person, Refused):
        return person
    found = await _accounts_of(tenant, click, person)
    if isinstance(found, Refused):
        return found
    refused = await _judge_roles(tenant, [account.user_id for account in found])
    if refused is not None:
        return refused
    try:
        is_break_glass = await is_on_break_glass_list(tenant, click, allowed)
    except SlackError as problem:
        log.warning("break_glass_not_read", tenant=tenant.id, code=problem.code)
        return Refused(Refusal.PERSON_UNREADABLE)
    accounts = await judge_accounts(tenant, found)
    if isinstance(accounts, Refused):
        return accounts
    return Signer(click.user_id, accounts, is_break_glass)


async def judge_requester(tenant: Tenant, click: Click) -> tuple[str, ...] | Refused:
    """Judge who asks; gives their directory accounts. Being flagged is no hindrance to asking: somebody else signs."""
    try:
        if not click.is_from_host and await tenant.slack.is_shared_outside(tenant.channel):
            return Refused(Refusal.SHARED_OUTSIDE)
    except SlackError as problem:
        return Refused(Refusal.TRY_AGAIN, f"Slack did not tell who is in the channel ({problem.code})")
    person = await judge_press(tenant, click)
    if isinstance(person, Refused):
        return person
    found = await _accounts_of(tenant, click, person)
    return found if isinstance(found, Refused) else tuple(account.user_id for account in found)


def judge_conflict(
    tx: Transaction, tenant: Tenant, signer: Signer, *, plan: Plan, requester_accounts: Collection[str]
) -> Refused | None:
    """Refuse a signer who is in the plan, at risk, or the requester under another name. Reads the tables alone."""
    planned = frozenset(plan.user_ids)
    in_plan = [account_id for account_id in signer.account_ids if account_id in planned]
    cleared = tx.cleared.cleared_among(tenant.id, in_plan, plan.made_at) if in_plan else frozenset[str]()
    conflict = refuse_conflict(
        accounts=signer.accounts, plan_user_ids=planned, requester_accounts=requester_accounts, cleared=cleared
    )
    if conflict is None:
        return None
    at_risk = not any(account_id not in cleared for account_id in in_plan)
    return Refused(conflict, "your account is at risk at this moment" if at_risk else "your account is in the plan")


def not_listed(kind: RequestKind) -> Refusal:
    """Why somebody can't sign who is not on the list."""
    return Refusal.NOT_BREAK_GLASS if kind.rules.only_break_glass else Refusal.NOT_AN_APPROVER


async def _accounts_of(tenant: Tenant, click: Click, person: Person) -> tuple[DirectoryUser, ...] | Refused:
    """The accounts of the one who clicked; where Slack can't tell the address, those that were matched last."""
    known: tuple[str, ...] = ()
    if click.is_from_host and not person.email:
        listed = await tenant.store.look(lambda tx: known_signers(tx, tenant.id))
        known = next((each.accounts for each in listed.people if each.user_id == click.user_id), ())
    return await match_accounts(tenant, person, known=known)


async def is_on_break_glass_list(tenant: Tenant, click: Click, allowed: Collection[str]) -> bool:
    """Whether whoever clicked is a break-glass approver, where such a one is asked for at all. Raises SlackError."""
    listed = tenant.policy.break_glass
    if click.user_id in listed:
        return True
    groups = groups_among(listed)
    if not groups or not frozenset(groups) & frozenset(allowed):
        return False
    return click.user_id in await tenant.slack.members(groups)


async def _judge_roles(tenant: Tenant, account_ids: Collection[str]) -> Refused | None:
    """Refuse whoever holds none of the roles that the policy names, with any of their accounts."""
    wanted = {each.casefold() for each in tenant.policy.signer_roles}
    if not wanted:
        return None
    try:
        report = await tenant.graph.roles()
    except GraphError as problem:
        return Refused(Refusal.ROLE_UNREADABLE, problem.why)
    held = {
        word.casefold() for each in account_ids for role in report.of(each) for word in (role.template_id, role.name)
    }
    if held & wanted:
        return None
    if report.problem:
        return Refused(Refusal.ROLE_UNREADABLE, report.problem)
    return Refused(Refusal.ROLE_MISSING, ", ".join(tenant.policy.signer_roles))


def name_signers(tenant: Tenant, request: Request, *, but: str) -> str:
    """Who could sign instead, as mentions."""
    return named(tenant.policy.allowed(Who.SIGNERS, request), but=but)
