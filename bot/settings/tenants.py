"""Each tenant's options: its settings, with what only a file can say: quorums, people, tiers, weights.

COUNTERSIGN_TENANTS_FILE is TOML. What an entry leaves out comes from the environment, or has its default.

    [policy.quorum]                            # for every tenant; an entry may have its own
    false_alarm = 1
    attack = { approvals = 2, break_glass = 1 }

    [[tenants]]
    id = "11111111-2222-3333-4444-555555555555"
    name = "Contoso"
    channel = "C0123456789"
    requesters = ["S0ADMINS000"]
    approvers = ["S0ADMINS000"]
    request_ttl = "2h"                         # any variable without COUNTERSIGN_, in lower case

    [tenants.policy]
    tiers = [["U0ADA000001"], ["S0ADMINS000"]]
    people = [{ slack = "U0ADA000001", accounts = ["ada@contoso.example", "ada.admin@contoso.example"] }]
    weights = { advisory_named = 10 }
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.decide.people import ListedPerson
from bot.decide.policy import Policy, groups_among
from bot.decide.quorum import Quorums
from bot.settings.faults import Fault, SettingsError, UnusableError, fault_of
from bot.settings.options import GraphSettings, TenantSettings
from bot.settings.people_file import check_people, parse_people, read_people_file, read_toml
from bot.settings.policy_table import policy_table, quorums_of
from bot.settings.values import is_loopback, parse_ids
from bot.watch.durations import SECOND
from bot.watch.tenant_facts import TenantFacts
from bot.watch.weights import Weights

FILE = "COUNTERSIGN_TENANTS_FILE"
_OWN_NAMES = {
    "id": "AZURE_TENANT_ID",
    "name": "COUNTERSIGN_TENANT_NAME",
    "channel": "SLACK_CHANNEL",
    "access_token": "GRAPH_ACCESS_TOKEN",
}
_ALIASES = [str(field.alias) for field in TenantSettings.model_fields.values()]
NAMES = _OWN_NAMES | {
    alias.removeprefix("COUNTERSIGN_").lower(): alias for alias in _ALIASES if alias not in _OWN_NAMES.values()
}
"""What an entry may set: its name there -> the variable."""
DESCRIPTIONS = {str(field.alias): field.description or "" for field in TenantSettings.model_fields.values()}
_LEAST_UNDER_GLASS = 2


@dataclass(frozen=True, slots=True)
class TenantOptions:
    """One tenant, as it is to be served."""

    settings: TenantSettings
    quorums: Quorums
    people: tuple[ListedPerson, ...]
    tiers: tuple[tuple[str, ...], ...]
    weights: Weights
    management_tools: Mapping[str, str] = field(default_factory=dict)
    """By tenant id, of every tenant of the file."""

    @property
    def policy(self) -> Policy:
        """Who may ask and sign, and how many must."""
        settings = self.settings
        return Policy(
            requesters=settings.requesters,
            approvers=settings.approvers,
            approvals_needed=settings.approvals_needed,
            request_lifetime=settings.request_ttl * SECOND,
            resend_after=settings.resend_after * SECOND,
            break_glass=settings.break_glass_approvers,
            matching_required=settings.matching_required,
            signer_roles=settings.signer_roles,
            emergency_accounts=settings.emergency_accounts,
            canary=settings.canary,
            quorums=self.quorums,
            codes_required=settings.codes_required,
            people=self.people,
            tiers=self.tiers,
        )

    @property
    def tenant_facts(self) -> TenantFacts:
        """What the team says of this tenant."""
        settings = self.settings
        return TenantFacts(
            name=settings.tenant_name,
            identity_providers=settings.identity_providers,
            password_hash_sync=settings.password_hash_sync,
            staged_rollout=frozenset(settings.staged_rollout),
            password_writeback=settings.password_writeback,
            time_zone=settings.time_zone,
            entra_service=settings.entra_service,
            passwords_are_random=settings.passwords_are_random,
            last_leak_at=settings.last_leak,
            management_tools=self.management_tools or {settings.azure_tenant_id: settings.management_tool},
            asks_breach_service=self.breach_key != "",
            weights=self.weights,
        )

    @property
    def breach_key(self) -> str:
        """The key for the breach service; empty where none is asked."""
        key = self.settings.breach_key
        return key.get_secret_value() if key is not None else ""


def single_tenant(settings: TenantSettings) -> TenantOptions:
    """The tenant of the environment. Raises SettingsError."""
    try:
        return _options(settings, {}, {})
    except _PeopleError as problem:
        raise SettingsError([Fault("COUNTERSIGN_PEOPLE_FILE", str(problem))]) from None


def read_tenants_file(path: Path) -> tuple[TenantOptions, ...]:
    """Every tenant of the file. Raises SettingsError with a fault for each entry that is wrong."""
    try:
        entries, shared = _tables(read_toml(path))
    except ValueError as problem:
        raise SettingsError([Fault(FILE, str(problem))]) from None
    faults: list[Fault] = []
    tenants: list[TenantOptions] = []
    for number, entry in enumerate(entries, start=1):
        try:
            tenants.append(_entry(entry, shared))
        except SettingsError as problem:
            who = f"tenant {number}"
            faults += [Fault(FILE, f"{who}: {_name_of(fault.variable)}: {fault.why}") for fault in problem.faults]
        except ValueError as problem:
            faults.append(Fault(FILE, f"tenant {number}: {problem}"))
    faults += _twice(tenants)
    if faults:
        raise SettingsError(faults)
    tools = {each.settings.azure_tenant_id: each.settings.management_tool for each in tenants}
    return tuple(replace(each, management_tools=tools) for each in tenants)


def _tables(found: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    """The entries, and what [policy] says for all. Raises ValueError in words."""
    unknown = sorted(set(found) - {"tenants", "policy"})
    if unknown:
        raise UnusableError(f"{unknown[0]!r} is not known there. Write [[tenants]] entries, and [policy] for all")
    entries = found.get("tenants")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UnusableError("it names no tenant. Write [[tenants]] before each")
    return entries, policy_table(found.get("policy", {}))


def _twice(tenants: list[TenantOptions]) -> list[Fault]:
    ids = [each.settings.azure_tenant_id.casefold() for each in tenants]
    return [Fault(FILE, f"the tenant {each} stands there twice") for each in sorted(set(ids)) if ids.count(each) > 1]


def _name_of(variable: str) -> str:
    return next((name for name, alias in NAMES.items() if alias == variable), variable)


def _entry(entry: Mapping[str, Any], shared: Mapping[str, Any]) -> TenantOptions:
    unknown = sorted(set(entry) - set(NAMES) - {"policy"})
    if unknown:
        raise UnusableError(f"{unknown[0]!r} is not known. The names are those of the variables, in lower case")
    for name in ("id", "channel"):
        if not entry.get(name):
            raise SettingsError([fault_of({"loc": [NAMES[name]], "type": "missing", "msg": ""}, DESCRIPTIONS)])
    values = {NAMES[name]: value for name, value in entry.items() if name != "policy"}
    try:
        settings = TenantSettings(**values)
    except ValidationError as problem:
        raise SettingsError([fault_of(error, DESCRIPTIONS) for error in problem.errors(include_input=False)]) from None
    faults = faults_of_tenant(settings)
    if faults:
        raise SettingsError(faults)
    try:
        return _options(settings, shared, policy_table(entry.get("policy", {})))
    except _PeopleError as problem:
        raise SettingsError([Fault("COUNTERSIGN_PEOPLE_FILE", str(problem))]) from None


class _PeopleError(Exception):
    """The people file can't be used."""


def _options(settings: TenantSettings, shared: Mapping[str, Any], own: Mapping[str, Any]) -> TenantOptions:
    """Raises ValueError and _PeopleError in words."""
    policy = {**shared, **own}
    people: tuple[ListedPerson, ...] = ()
    if settings.people_file is not None:
        try:
            people = read_people_file(settings.people_file)
        except ValueError as problem:
            raise _PeopleError(str(problem)) from None
    tiers = tuple(parse_ids(tier) for tier in policy.get("tiers", ()))
    strangers = sorted({each for tier in tiers for each in tier} - set(settings.approvers))
    if strangers:
        raise UnusableError(f"tiers: {strangers[0]} is not among the approvers. Write only ids that stand there")
    return TenantOptions(
        settings=settings,
        quorums=quorums_of(policy.get("quorum", {})),
        people=check_people((*people, *parse_people(policy.get("people", [])))),
        tiers=tiers,
        weights=Weights().overridden(policy.get("weights", {})),
    )


def faults_of_tenant(settings: TenantSettings) -> list[Fault]:
    """What is wrong between settings that are right by themselves, as far as can be told without asking anybody."""
    return faults_of_graph(settings) + _impossible(settings)


def faults_of_graph(settings: GraphSettings) -> list[Fault]:
    """A ready token goes nowhere but to this machine."""
    if settings.graph_access_token is None or is_loopback(settings.graph_url):
        return []
    why = (
        "is only for a GRAPH_URL on a loopback address. Remove it: the token for a real tenant comes from "
        "azure-identity (AZURE_CLIENT_ID and a certificate or secret, or a managed identity)"
    )
    return [Fault("GRAPH_ACCESS_TOKEN", why)]


def _impossible(settings: TenantSettings) -> list[Fault]:
    """Policies under which nothing could ever be signed. A user group may hold anybody, so it is given the benefit."""
    faults = []
    asking, signing, glass = settings.requesters, settings.approvers, settings.break_glass_approvers
    if asking and signing and not groups_among(asking + signing):
        others = max(len(set(signing) - {requester}) for requester in asking)
        if others < settings.approvals_needed:
            faults.append(
                Fault(
                    "COUNTERSIGN_APPROVERS",
                    f"only {others} could sign besides the requester, and COUNTERSIGN_APPROVALS_NEEDED asks for "
                    f"{settings.approvals_needed}. Name more people, or a user group",
                )
            )
    if glass and not groups_among(glass) and len(glass) < _LEAST_UNDER_GLASS:
        faults.append(
            Fault(
                "COUNTERSIGN_BREAK_GLASS_APPROVERS",
                "names one person, and a recovery needs two. Name at least two people, or a user group",
            )
        )
    return faults
