"""Look at Microsoft Graph: the token, the clock, the licence, each permission."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.act.actions import CATALOGUE
from bot.operations.doctor.check import Check, failed, not_checked, passed, warned
from bot.ports.examination import TRIALS, GraphExamination, TokenFacts, Trial
from bot.ports.graph import GraphError, Problem
from bot.watch.permission import APP_ROLES, Need, Permission

TOKEN, LICENCE, REPORTS_LICENCE, CLOCK = "Graph token", "licence P2", "licence P1", "clock"
CLOCK_TOLERATED, CLOCK_LIMIT = 10.0, 300.0
"""Seconds. One-time codes change every 30 s; Slack refuses, and tokens begin, within five minutes."""

PERMISSIONS = tuple(sorted(APP_ROLES, key=lambda each: (APP_ROLES[each].need, APP_ROLES[each].writes)))
"""In the order in which a missing one should be mended: what the bot can't do its main job without first."""

_CONSENT = (
    "grant it as an application permission (Entra admin center, App registrations, API permissions), then press "
    "'Grant admin consent'"
)
_SEE_CONSENT = "look under App registrations, API permissions, whether its status is 'Granted'"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a trial ended; None for the error: it could be read."""

    error: GraphError | None

    @property
    def is_licence(self) -> bool:
        return self.error is not None and self.error.problem is Problem.NO_LICENCE


async def check_microsoft(graph: GraphExamination, tenant_id: str) -> list[Check]:
    """The checks of one tenant, in the order in which they should be mended."""
    token, facts = await _token(graph, tenant_id)
    if facts is None:
        return [token, *_unreachable("there is no token")]
    try:
        clock = _clock(await graph.clock_difference())
    except GraphError as error:
        unreachable = failed("Microsoft Graph", error.why, "see that GRAPH_URL can be reached from here")
        return [token, unreachable, *_unreachable("Microsoft Graph does not answer")]
    outcomes = await _tried(graph, facts)
    if any(outcome.error and outcome.error.problem is Problem.TOKEN_REFUSED for outcome in outcomes.values()):
        refused = failed(
            TOKEN,
            "Microsoft Graph refuses it",
            "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the app's secret, certificate or managed identity "
            "(for a GRAPH_URL on this machine: GRAPH_ACCESS_TOKEN)",
        )
        return [refused, clock, *_unreachable("the token is refused")]
    return [
        token,
        clock,
        *(_permission(permission, facts, outcomes) for permission in PERMISSIONS),
        _p2(outcomes[Trial.RISKY_USERS]),
        _p1(outcomes[Trial.REGISTRATION]),
    ]


async def _token(graph: GraphExamination, tenant_id: str) -> tuple[Check, TokenFacts | None]:
    try:
        facts = await graph.token()
    except GraphError as error:
        return failed(TOKEN, error.why, "see the app registration's credentials, and the AZURE_... variables"), None
    if facts.tenant_id is not None and _is_another(facts.tenant_id, tenant_id):
        return (
            failed(
                TOKEN,
                f"it is for the tenant {facts.tenant_id}, not for {tenant_id}",
                "set AZURE_TENANT_ID to the tenant that is watched, and register the app there",
            ),
            None,
        )
    said = "issued" if facts.app_roles is None else f"issued, with {len(facts.app_roles)} application permissions"
    return passed(TOKEN, said), facts


def _is_another(found: str, wanted: str) -> bool:
    """Whether a tenant id is not the one that is wanted; a domain name can't be compared with an id."""
    is_id = len(wanted) == len(found) and wanted.count("-") == found.count("-")
    return is_id and wanted.casefold() != found.casefold()


def _clock(ahead: float) -> Check:
    said = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} Microsoft's"
    mend = "set this machine's clock by NTP"
    if abs(ahead) <= CLOCK_TOLERATED:
        return passed(CLOCK, "agrees with Microsoft's")
    if abs(ahead) <= CLOCK_LIMIT:
        return warned(CLOCK, f"{said}: one-time codes may be refused", mend)
    return failed(CLOCK, f"{said}: tokens, one-time codes and incident windows go wrong", mend)


async def _tried(graph: GraphExamination, facts: TokenFacts) -> Mapping[Trial, _Outcome]:
    """The trials that are needed: those of licences, and of permissions where the token does not name them."""
    wanted = [Trial.RISK_DETECTIONS, Trial.RISKY_USERS, Trial.REGISTRATION]
    if facts.app_roles is None:
        wanted += [TRIALS[permission] for permission in PERMISSIONS if permission in TRIALS]
    outcomes: dict[Trial, _Outcome] = {}
    for trial in dict.fromkeys(wanted):
        try:
            await graph.attempt(trial)
        except GraphError as error:
            outcomes[trial] = _Outcome(error)
            if error.problem is Problem.TOKEN_REFUSED:
                break
        else:
            outcomes[trial] = _Outcome(None)
    return outcomes


def _permission(permission: Permission, facts: TokenFacts, outcomes: Mapping[Trial, _Outcome]) -> Check:
    if facts.app_roles is not None:
        if facts.app_roles & {permission, *APP_ROLES[permission].included_in}:
            return passed(permission.value, "granted")
        return _missing(permission)
    trial = TRIALS.get(permission)
    if trial is None:
        return not_checked(permission.value, "the token does not name it, and a write is not tried", _SEE_CONSENT)
    error = outcomes[trial].error
    if error is None:
        return passed(permission.value, f"works (tried: {trial.value})")
    if error.problem is Problem.NOT_PERMITTED:
        if permission in error.why:
            return _missing(permission)
        return not_checked(permission.value, f"another permission is missing first: {error.why}", _SEE_CONSENT)
    if error.problem is Problem.NO_LICENCE:
        return not_checked(permission.value, f"the licence forbids a trial: {error.why}", _SEE_CONSENT)
    return not_checked(permission.value, error.why, "run the doctor again")


def _missing(permission: Permission) -> Check:
    make = failed if APP_ROLES[permission].need is Need.ESSENTIAL else warned
    return make(permission.value, f"missing: {_without(permission)}", _CONSENT)


def _without(permission: Permission) -> str:
    """What the bot can't do without it, in words; where only actions need it, those."""
    refused = ", ".join(action.value for action, carried in CATALOGUE.items() if carried.permission is permission)
    return APP_ROLES[permission].without or f"the action {refused} is refused"


def _p2(outcome: _Outcome) -> Check:
    if outcome.is_licence:
        return failed(
            LICENCE,
            "the tenant has no Microsoft Entra ID P2: Microsoft serves no risky users, and hides what a detection is",
            "license Microsoft Entra ID P2 (or Entra Suite, E5): without it the bot runs, but can clear nobody",
        )
    if outcome.error is not None:
        return not_checked(LICENCE, f"risky users could not be read: {outcome.error.why}", "mend that first")
    return passed(LICENCE, "Microsoft Entra ID P2: risky users can be read")


def _p1(outcome: _Outcome) -> Check:
    if outcome.is_licence:
        return warned(
            REPORTS_LICENCE,
            "the tenant has no Microsoft Entra ID P1: no sign-in logs and no registration report",
            "license Microsoft Entra ID P1 or P2: without it nobody knows who is blocked, or passwordless",
        )
    if outcome.error is not None:
        return not_checked(REPORTS_LICENCE, f"reports could not be read: {outcome.error.why}", "mend that first")
    return passed(REPORTS_LICENCE, "Microsoft Entra ID P1: reports can be read")


def _unreachable(why: str) -> list[Check]:
    names = (*(permission.value for permission in PERMISSIONS), LICENCE, REPORTS_LICENCE)
    return [not_checked(name, why, "mend that first") for name in names]
