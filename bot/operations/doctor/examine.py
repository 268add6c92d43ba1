"""Examine everything, in the order in which it should be mended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.decide.policy import Policy, groups_among
from bot.operations.doctor.breach_service import check_breach_service
from bot.operations.doctor.check import Check, failed, not_checked, passed
from bot.operations.doctor.database import look_at_database
from bot.operations.doctor.microsoft import check_microsoft
from bot.operations.doctor.signers import APPROVERS, REQUESTERS, TenantPolicy, check_signers
from bot.operations.doctor.workspace import APP_TOKEN, CHANNEL, SCOPES, check_app_token, check_channel, check_scopes
from bot.ports.breaches import Breaches
from bot.ports.examination import GraphExamination, SlackExamination, StoreExamination
from bot.ports.graph import Graph
from bot.ports.slack import Slack

BOT_TOKEN = "Slack bot token"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Patient:
    """One tenant to be examined."""

    id: str
    channel: str
    policy: Policy
    graph: Graph
    examination: GraphExamination
    breaches: Breaches | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Slack, where it let us in."""

    team_id: str
    slack: Slack
    examination: SlackExamination
    is_socket_mode: bool
    wanted_scopes: frozenset[str]


async def examine(patients: Sequence[Patient], workspace: Workspace | str, store: StoreExamination) -> list[Check]:
    """All checks. workspace: Slack's code where the bot token was refused or Slack could not be reached."""
    database, facts = await look_at_database(store)
    checks = [database, *await _workspace(patients, workspace)]
    for patient in patients:
        found = [
            *await check_microsoft(patient.examination, patient.id),
            *await _people(patient, workspace, facts.enrolled),
            await check_breach_service(patient.breaches),
        ]
        if len(patients) > 1:
            found = [replace(check, name=f"{patient.id}: {check.name}") for check in found]
        checks += found
    return checks


async def _workspace(patients: Sequence[Patient], workspace: Workspace | str) -> list[Check]:
    channels = list(dict.fromkeys(patient.channel for patient in patients))
    if isinstance(workspace, str):
        mend = "copy the bot token (xoxb-...) from 'OAuth & Permissions' into SLACK_BOT_TOKEN; see SLACK_API_URL"
        names = (SCOPES, APP_TOKEN, *(CHANNEL for _ in channels))
        return [
            failed(BOT_TOKEN, f"Slack did not let the bot in ({workspace})", mend),
            *(not_checked(name, "there is no way into Slack", "mend the bot token first") for name in names),
        ]
    slack = workspace.examination
    listed = [each for patient in patients for each in patient.policy.everyone_named]
    check, scopes = await check_scopes(slack, workspace.wanted_scopes, groups_are_listed=bool(groups_among(listed)))
    return [
        passed(BOT_TOKEN, f"Slack let the bot in, workspace {workspace.team_id}"),
        check,
        await check_app_token(slack, is_socket_mode=workspace.is_socket_mode),
        *[await check_channel(slack, channel, scopes) for channel in channels],
    ]


async def _people(patient: Patient, workspace: Workspace | str, enrolled: frozenset[str]) -> list[Check]:
    if isinstance(workspace, str):
        why, mend = "there is no way into Slack", "mend the bot token first"
        return [not_checked(name, why, mend) for name in (REQUESTERS, APPROVERS)]
    policy = TenantPolicy(patient.policy, workspace.team_id, workspace.slack, patient.graph, enrolled)
    return await check_signers(policy)
