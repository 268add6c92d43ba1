"""Ask for something: the dialogs, their check, and the request with its frozen plan.

A remediation of the surge, the release of one user, the recovery of signers, the way back: each has its dialog, and
all become a request in the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.refusal import Refusal, Refused, explain
from bot.decide.request_kind import RequestKind
from bot.operations.approving.check_code import check_code
from bot.operations.approving.host_answer import finish_click
from bot.operations.approving.judge_person import judge_press
from bot.operations.approving.judge_place import judge_place
from bot.operations.approving.judge_signer import judge_requester
from bot.operations.approving.make_request import MOST_REASON, Asked, Asker, make_request, refuse_asking
from bot.operations.approving.match_signers import FOR_A_REQUEST, match_signers
from bot.operations.approving.name_people import find_user
from bot.operations.approving.request_dialogs import recovery_dialog, release_dialog, request_dialog, way_back_dialog
from bot.operations.tenant import Tenant
from bot.ports.presses import PRESSES
from bot.ports.slack import Click, ClickKind, Dialog, PlainDialog, SlackError
from bot.store.transaction import Transaction
from bot.watch.briefing import Cohort
from bot.watch.surge import Surge


async def open_request(tenant: Tenant, click: Click) -> Refused | None:
    """Open the dialog as "loading" at once, for its trigger lives three seconds; then fill it.

    A button within a dialog has the next one filled into its place.
    """
    if click.user_id not in tenant.policy.allowed(PRESSES[click.kind].who):
        person = await judge_press(tenant, click)
        if isinstance(person, Refused):
            return person
    try:
        view_id = click.view_id or await tenant.slack.open_dialog(click.trigger_id)
    except SlackError as problem:
        return Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})")
    person = await judge_press(tenant, click)
    if isinstance(person, Refused):
        dialog: Dialog | Refused = person
    else:
        dialog = await tenant.store.look(lambda tx: _dialog(tx, tenant, click))
    if isinstance(dialog, Refused):
        text = explain(dialog.refusal, dialog.detail)
        await tenant.slack.fill_dialog(view_id, PlainDialog("Not possible now", text))
        return dialog
    await tenant.slack.fill_dialog(view_id, dialog)
    await tenant.store.transact(lambda tx: tx.clicks.finish_click(click.key, tenant.world.now()))
    return None


def _dialog(tx: Transaction, tenant: Tenant, click: Click) -> Dialog | Refused:
    misplaced = None if click.view_id else judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    kind = PRESSES[click.kind].asks_for
    surge = tx.surges.surge_by_id(tenant.id, click.subject_id)
    refused = refuse_asking(tx, surge, kind) if kind is not None else None
    if refused is not None or surge is None or kind is None:
        return refused or Refused(Refusal.OUT_OF_DATE)
    match kind:
        case RequestKind.SURGE:
            return _surge_dialog(tx, tenant, surge, click)
        case RequestKind.RELEASE:
            return release_dialog(tx, tenant, surge, click.channel, tenant.world.now())
        case RequestKind.RECOVERY:
            return recovery_dialog(tx, tenant, surge, click.channel)
        case RequestKind.WAY_BACK:
            return way_back_dialog(tx, tenant, surge, click.channel)


def _surge_dialog(tx: Transaction, tenant: Tenant, surge: Surge, click: Click) -> Dialog | Refused:
    """Without anybody to act on there is a dialog still where another action, or a release, may be asked for."""
    action = Action(click.action) if click.action in set(CATALOGUE) else Action.CONFIRM_SAFE
    dialog = request_dialog(tx, tenant, surge, click.channel, tenant.world.now(), action)
    if dialog.eligible or dialog.can_release or click.kind is ClickKind.CHOOSE_ACTION:
        return dialog
    return Refused(Refusal.NOTHING_TO_DO)


def field_errors(tx: Transaction, tenant: Tenant, click: Click) -> Mapping[str, str]:
    """What is wrong with a submission, from a few rows: field -> sentence. Slack waits three seconds for it."""
    kind = PRESSES[click.kind].asks_for
    if kind is None or not PRESSES[click.kind].is_submission:
        return {}
    errors: dict[str, str] = {}
    if not click.reason.strip():
        errors["reason"] = "Say why: the one who signs and the record need it."
    elif len(click.reason) > MOST_REASON:
        errors["reason"] = f"At most {MOST_REASON} characters, please."
    if click.action not in set(CATALOGUE):
        errors["action"] = "Choose what is to be done."
    surge = tx.surges.surge_by_id(tenant.id, click.subject_id)
    errors |= _CHOICES[kind](tx, surge, click)
    refused = refuse_asking(tx, surge, kind)
    if refused is not None:
        errors.setdefault("action", explain(refused.refusal, refused.detail))
    return errors


def _cohorts_missing(_tx: Transaction, _surge: Surge | None, click: Click) -> dict[str, str]:
    return {} if _cohorts(click) else {"cohorts": "Choose at least one group of users."}


def _user_missing(tx: Transaction, surge: Surge | None, click: Click) -> dict[str, str]:
    typed = click.people[0] if click.people else ""
    if surge is not None and find_user(tx, surge, typed) is None:
        return {"people": explain(Refusal.NOT_HELD_BACK, typed or "nobody")}
    return {}


def _signers_missing(_tx: Transaction, _surge: Surge | None, click: Click) -> dict[str, str]:
    return {} if click.people else {"people": "Choose at least one signer."}


def _run_missing(_tx: Transaction, _surge: Surge | None, click: Click) -> dict[str, str]:
    return {} if click.run_id else {"run": "Choose a run."}


_CHOICES: Mapping[RequestKind, Callable[[Transaction, Surge | None, Click], dict[str, str]]] = {
    RequestKind.SURGE: _cohorts_missing,
    RequestKind.RELEASE: _user_missing,
    RequestKind.RECOVERY: _signers_missing,
    RequestKind.WAY_BACK: _run_missing,
}


def _cohorts(click: Click) -> tuple[Cohort, ...]:
    return tuple(cohort for cohort in Cohort if cohort.value in click.cohorts)


async def submit_request(tenant: Tenant, click: Click) -> Refused | None:
    """Judge the requester again, freeze the plan, and put the request into the thread."""
    return await ask(tenant, click, lambda tx: _asked(tx, tenant, click))


async def ask(tenant: Tenant, click: Click, asked: Callable[[Transaction], Asked | Refused]) -> Refused | None:
    """Judge who asks, find out who may sign, and make the request that `asked` gives."""
    accounts = await judge_requester(tenant, click)
    if isinstance(accounts, Refused):
        return accounts
    await match_signers(tenant, older_than=FOR_A_REQUEST)
    request_id = tenant.world.new_id()
    asker = Asker(click.user_id, accounts, with_code=click.is_from_host)
    refused = await tenant.store.transact(lambda tx: _make(tx, tenant, click, asker, asked, request_id))
    tenant.bells.cards.set()
    return refused


def _asked(tx: Transaction, tenant: Tenant, click: Click) -> Asked | Refused:
    surge = tx.surges.surge_by_id(tenant.id, click.subject_id)
    kind = PRESSES[click.kind].asks_for
    if surge is None or kind is None or click.action not in set(CATALOGUE):
        return Refused(Refusal.OUT_OF_DATE)
    people = click.people
    if kind is RequestKind.RELEASE:
        typed = people[0] if people else ""
        found = find_user(tx, surge, typed)
        if found is None:
            return Refused(Refusal.NOT_HELD_BACK, typed or "nobody")
        people = (found,)
    return Asked(
        surge_id=surge.id,
        action=Action(click.action),
        reason=click.reason,
        kind=kind,
        cohorts=_cohorts(click),
        user_ids=people,
        run_id=click.run_id,
    )


def _make(
    tx: Transaction,
    tenant: Tenant,
    click: Click,
    asker: Asker,
    asked: Callable[[Transaction], Asked | Refused],
    request_id: str,
) -> Refused | None:
    """One transaction: the code that was typed, the request, and the click's end. A wrong code is counted."""
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    wanted = asked(tx)
    if isinstance(wanted, Refused):
        return wanted
    if click.code and not click.is_from_host:
        refused = check_code(tx, tenant_id=tenant.id, user_id=click.user_id, code=click.code, at=now)
        if refused is not None:
            return refused
        asker = replace(asker, with_code=True)
    made = make_request(tx, tenant.policy, tenant.id, wanted, asker, request_id=request_id, now=now)
    if isinstance(made, Refused):
        return made
    finish_click(tx, click, now, f"Asked for. Signatures needed: {made.approvals_needed}. Request {made.id}.")
    return None
