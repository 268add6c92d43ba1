"""Behind each figure of a briefing: which users, by which fact."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.watch.account_kind import ToldKind
from bot.watch.evidence import Suspect
from bot.watch.impact import Impact
from bot.watch.privileged_users import Privileged
from bot.watch.profile import Profile, has_mfa, passwordless_methods
from bot.watch.sign_ins import STUCK
from bot.watch.standing import Stance


class Figure(StrEnum):
    """A figure that can be asked for its users. The value is what people read."""

    KINDS = "how they sign in"
    PASSWORDLESS = "passwordless"
    WITHOUT_MFA = "without a second factor"
    PRIVILEGED = "privileged"
    ACCOUNTS = "accounts that are not a person's"
    DISABLED = "disabled"
    BLOCKED = "blocked"
    STUCK = "stuck at a prompt"
    STANDINGS = "what the policies do"
    SUSPECTS = "to look at one by one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the figures were counted from. Users who are not flagged may be among them: they are left out."""

    flagged: Collection[str]
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    privileged: Collection[Privileged] = ()
    accounts: Mapping[str, ToldKind] = field(default_factory=dict)
    impacts: Mapping[str, Impact] = field(default_factory=dict)
    stances: Mapping[str, Stance] = field(default_factory=dict)
    suspects: Collection[Suspect] = ()


def users_behind(figure: Figure, sources: Sources) -> dict[str, str]:
    """By user id, sorted: the fact that puts the user into the figure."""
    flagged = set(sources.flagged)
    return {user_id: fact for user_id, fact in sorted(_FACTS[figure](sources).items()) if user_id in flagged and fact}


def _profiles(fact: Callable[[Profile], str]) -> Callable[[Sources], dict[str, str]]:
    return lambda sources: {profile.user_id: fact(profile) for profile in sources.profiles.values()}


def _privileged(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: ", ".join(each.roles) + (f" (by the account {each.through})" if each.through else "")
        for each in sources.privileged
    }


def _blocked(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: f"{each.blocks:,} blocked sign-in{'' if each.blocks == 1 else 's'} after the flag"
        for each in sources.impacts.values()
        if each.blocked_since is not None
    }


def _stuck(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: f"{STUCK.get(each.stuck_code or 0, 'a prompt')} ({each.stuck_code}, an unsure code)"
        for each in sources.impacts.values()
        if each.is_stuck
    }


_FACTS: Mapping[Figure, Callable[[Sources], dict[str, str]]] = {
    Figure.KINDS: _profiles(lambda each: f"{each.kind.value}" + (f", {each.provider.value}" if each.provider else "")),
    Figure.PASSWORDLESS: _profiles(
        lambda each: ", ".join(passwordless_methods(each.registered)) if each.is_passwordless else ""
    ),
    Figure.WITHOUT_MFA: _profiles(lambda each: "none is registered" if has_mfa(each) is False else ""),
    Figure.PRIVILEGED: _privileged,
    Figure.ACCOUNTS: lambda sources: {
        user_id: f"{each.kind.value}: {each.why}" for user_id, each in sources.accounts.items()
    },
    Figure.DISABLED: _profiles(lambda each: "the account is disabled" if each.is_enabled is False else ""),
    Figure.BLOCKED: _blocked,
    Figure.STUCK: _stuck,
    Figure.STANDINGS: lambda sources: {
        user_id: f"{each.standing.value}: {each.why}" for user_id, each in sources.stances.items()
    },
    Figure.SUSPECTS: lambda sources: {each.user_id: each.why for each in sources.suspects},
}
