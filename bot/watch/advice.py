"""What follows from the evidence, by stated rules: advice, for people to take or leave. docs/evidence.md lists them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.watch.evidence import Band, Evidence, Suspect
from bot.watch.forecast import Forecast
from bot.watch.policy_changes import PolicyChange
from bot.watch.privileged_users import Privileged
from bot.watch.profile import Profile
from bot.watch.rows.row import RowState

SHOWN = 10
"""So many suspects are named; the rest is counted."""


class Suggestion(StrEnum):
    """A remediation that the evidence suggests. The value is the action's label."""

    CONFIRM_SAFE = "Confirm safe"
    CONFIRM_COMPROMISED = "Confirm compromised"
    REVOKE_SESSIONS = "Revoke sessions"


@dataclass(frozen=True, slots=True)
class Named:
    """A user to look at first, by name as the directory writes it."""

    user_id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, as sentences in order, which actions are suggested, and whom to look at first."""

    sentences: tuple[str, ...]
    suggestions: tuple[Suggestion, ...] = ()
    first: tuple[Named, ...] = ()


_BY_BAND: Mapping[Band, tuple[str, tuple[Suggestion, ...]]] = {
    Band.STRONGLY_FALSE_ALARM: (
        "Confirm safe those whose only open flag belongs to this surge.",
        (Suggestion.CONFIRM_SAFE,),
    ),
    Band.LEANS_FALSE_ALARM: (
        "Confirm safe those whose only open flag belongs to this surge; begin with a few.",
        (Suggestion.CONFIRM_SAFE,),
    ),
    Band.CONFLICTING: (
        "A false alarm may hide takeovers: look at the suspicious ones first, one by one, and clear nobody before.",
        (),
    ),
    Band.LEANS_ATTACK: (
        "Treat it as an attack: confirm compromised and revoke sessions, the suspicious ones first.",
        (Suggestion.CONFIRM_COMPROMISED, Suggestion.REVOKE_SESSIONS),
    ),
    Band.STRONGLY_ATTACK: (
        "Treat it as an attack: confirm compromised and revoke sessions, the suspicious ones first.",
        (Suggestion.CONFIRM_COMPROMISED, Suggestion.REVOKE_SESSIONS),
    ),
    Band.INCONCLUSIVE: ("The evidence does not tell: clear nobody in bulk, look at samples by hand.", ()),
    Band.INSUFFICIENT: ("Too little could be read to tell: clear nobody in bulk on this evidence alone.", ()),
}


def advise(
    evidence: Evidence,
    *,
    profiles: Mapping[str, Profile],
    privileged: Iterable[Privileged] | None,
    is_federated: bool = False,
    policy_changes: Iterable[PolicyChange] = (),
    forecast: Forecast | None = None,
) -> Advice:
    """The sentences, in the order in which to follow them. is_federated: whether federated users are flagged."""
    sentence, suggestions = _BY_BAND[evidence.band]
    sentences = [sentence]
    first = tuple(_named(suspect, profiles) for suspect in evidence.suspects)
    if first:
        names = ", ".join(each.name for each in first[:SHOWN])
        more = f" and {len(first) - SHOWN:,} more" if len(first) > SHOWN else ""
        sentences.append(f"Look at these first, one by one: {names}{more}.")
    if privileged is None:
        sentences.append("Who is privileged could not be read: look for administrators among them by hand.")
    elif count := sum(1 for _ in privileged):
        sentences.append(f"Privileged users are always for a person to look at, one by one: {count:,}.")
    if evidence.band is Band.INSUFFICIENT:
        sentences += [
            f"Lacking: {row.name.value} ({row.finding.removeprefix('not available: ')})."
            for row in evidence.rows
            if row.reading is RowState.NOT_AVAILABLE
        ]
    sentences += [f"Put it back when this is over: {change.sentence}." for change in policy_changes]
    if forecast is not None and (forecast.expected or (forecast.expected is None and forecast.by_scope)):
        sentences.append(forecast.sentence)
    if is_federated:
        sentences.append("The logs of AD FS, Okta or Ping look clean: the block is in Entra, after the sign-in there.")
    return Advice(tuple(sentences), suggestions, first)


def _named(suspect: Suspect, profiles: Mapping[str, Profile]) -> Named:
    """By display name, else principal name, else id."""
    profile = profiles.get(suspect.user_id)
    name = (profile.display_name or profile.user_principal_name) if profile else ""
    return Named(suspect.user_id, (name or suspect.user_id)[:120], suspect.why)
