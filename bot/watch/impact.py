"""Who of the flagged is being stopped from signing in, told by the sign-in log after each one's flag.

Only interactive sign-ins are in that log, so every figure is "at least". Times in microseconds UTC.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.watch.durations import WEEK
from bot.watch.sign_ins import BLOCKED, STUCK, SignIn

ANY_POLICY = 53003
"""Blocked by whichever Conditional Access policy: last week's usual is taken off."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What the sign-in log says of one flagged user after the flag."""

    user_id: str
    blocked_since: int | None = None
    blocked_last: int | None = None
    blocks: int = 0
    stuck_since: int | None = None
    stuck_code: int | None = None
    succeeded_at: int | None = None
    """The first success after the latest stop, and after the clean-up where there was one."""

    @property
    def is_hit(self) -> bool:
        """Whether the user was stopped at all."""
        return self.blocked_since is not None or self.stuck_since is not None

    @property
    def is_stuck(self) -> bool:
        """Whether the user was stopped at a prompt and has not signed in since."""
        return self.stuck_since is not None and self.succeeded_at is None


class ImpactReading:
    """One reading of the sign-in log, folded page by page in any order into what was known of each user."""

    def __init__(
        self,
        flagged_at: Mapping[str, int],
        known: Mapping[str, Impact] | None = None,
        *,
        counted_until: int | None = None,
        cleared_at: Mapping[str, int] | None = None,
    ) -> None:
        """flagged_at: the first flag of each user of the surge. known: what earlier readings found.

        counted_until: blocks up to then were counted by an earlier reading: readings may overlap, so that late
        entries are seen, and nothing is counted twice. cleared_at: each user's verified clean-up.
        """
        self._flagged_at = flagged_at
        self._known = known or {}
        self._counted_until = counted_until
        self._cleared_at = cleared_at or {}
        self._seen: set[str] = set()
        self._found: dict[str, Impact] = {}
        self._successes: dict[str, list[int]] = {}
        self._stopped_last: dict[str, int] = {}

    def take(self, page: Iterable[SignIn]) -> None:
        """One page. Sign-ins of others, before the flag, or seen before in this reading change nothing."""
        for one in page:
            flagged = self._flagged_at.get(one.user_id)
            if flagged is None or one.at < flagged:
                continue
            if one.error_code == 0:
                self._successes.setdefault(one.user_id, []).append(one.at)
            elif (one.error_code in BLOCKED or one.error_code in STUCK) and one.id not in self._seen:
                self._seen.add(one.id)
                self._stop(one)

    def changed(self) -> dict[str, Impact]:
        """By user id: what is to be kept, where it differs from what was known. Left out: never stopped nor cleared."""
        made: dict[str, Impact] = {}
        for user_id in {*self._found, *self._known, *self._successes}:
            impact = self._found.get(user_id) or self._known.get(user_id) or Impact(user_id)
            if impact.is_hit or user_id in self._cleared_at:
                impact = replace(impact, succeeded_at=self._success(user_id, impact))
                if impact != self._known.get(user_id):
                    made[user_id] = impact
        return made

    def _stop(self, one: SignIn) -> None:
        impact = self._found.get(one.user_id) or self._known.get(one.user_id) or Impact(one.user_id)
        self._stopped_last[one.user_id] = max(one.at, self._stopped_last.get(one.user_id, one.at))
        if one.error_code in BLOCKED:
            is_new = self._counted_until is None or one.at > self._counted_until
            impact = replace(
                impact,
                blocked_since=_earlier(impact.blocked_since, one.at),
                blocked_last=_later(impact.blocked_last, one.at),
                blocks=max(1, impact.blocks + is_new),
            )
        elif impact.stuck_since is None or (one.at, one.error_code) < (impact.stuck_since, impact.stuck_code or 0):
            impact = replace(impact, stuck_since=one.at, stuck_code=one.error_code)
        self._found[one.user_id] = impact

    def _success(self, user_id: str, impact: Impact) -> int | None:
        stops = (
            impact.blocked_last,
            impact.stuck_since,
            self._stopped_last.get(user_id),
            self._cleared_at.get(user_id),
        )
        after = max(at for at in stops if at is not None)
        times = [*self._successes.get(user_id, ())]
        if impact.succeeded_at is not None:
            times.append(impact.succeeded_at)
        return min((at for at in times if at > after), default=None)


def usual_blocks(sign_ins: Iterable[SignIn], users: Collection[str]) -> dict[str, list[int]]:
    """By user, when each of these met a block policy (53003), in microseconds UTC: to be fed with the week before."""
    found: dict[str, dict[str, int]] = {}
    for one in sign_ins:
        if one.error_code == ANY_POLICY and one.user_id in users:
            found.setdefault(one.user_id, {})[one.id] = one.at
    return {user_id: sorted(times.values()) for user_id, times in found.items()}


@dataclass(frozen=True, slots=True)
class ImpactFigures:
    """How many are stopped. Every count is "at least": non-interactive sign-ins are not in the log."""

    blocked: int
    """Distinct users who met a block after their flag, less the usual."""
    usual: int | None
    """How many distinct users met a block policy in the same hours a week before; None: that was not read."""
    stuck: int
    """Distinct users who were stopped at a prompt and have not signed in since."""
    stuck_by_code: tuple[tuple[int, int], ...]
    """(error code, users); the codes are unsure, see bot.watch.sign_ins.STUCK."""
    still: int
    """Of the blocked and the stuck, how many have not signed in since."""
    since: int | None
    last: int | None
    """The first and the last stop that is known."""
    attempts: int
    """Blocked sign-ins."""
    cleared: int = 0
    """Users whose clean-up was verified."""
    blocked_after: int = 0
    """Of these, how many were blocked again later than that."""
    succeeded_after: int = 0
    """Of these, how many have signed in since."""
    read_until: int | None = None
    """Up to when the log was read."""


def impact_figures(
    impacts: Mapping[str, Impact],
    *,
    flagged_at: Mapping[str, int],
    usual: Mapping[str, Collection[int]] | None,
    read_until: int,
    cleared_at: Mapping[str, int] | None = None,
) -> ImpactFigures:
    """Count. usual: by user, when they met a block policy in the week before; see `usual_blocks`.

    Of that week the hours count that are as old as those since the user's flag, so that a Sunday is held against a
    Sunday.
    """
    hit = {user_id: each for user_id, each in impacts.items() if user_id in flagged_at and each.is_hit}
    blocked = [each for each in hit.values() if each.blocked_since is not None]
    stuck = [each for each in hit.values() if each.is_stuck]
    expected = None if usual is None else _expected(usual, flagged_at, read_until)
    by_code: dict[int, int] = {}
    for each in stuck:
        by_code[each.stuck_code or 0] = by_code.get(each.stuck_code or 0, 0) + 1
    starts = [at for each in hit.values() for at in (each.blocked_since, each.stuck_since) if at is not None]
    ends = [at for each in hit.values() for at in (each.blocked_last, each.stuck_since) if at is not None]
    cleared = {user_id: at for user_id, at in (cleared_at or {}).items() if user_id in flagged_at}
    return ImpactFigures(
        blocked=max(0, len(blocked) - (expected or 0)),
        usual=expected,
        stuck=len(stuck),
        stuck_by_code=tuple(sorted(by_code.items())),
        still=sum(1 for each in hit.values() if each.succeeded_at is None),
        since=min(starts, default=None),
        last=max(ends, default=None),
        attempts=sum(each.blocks for each in blocked),
        cleared=len(cleared),
        blocked_after=sum(1 for each in blocked if _is_after(each.blocked_last, cleared.get(each.user_id))),
        succeeded_after=sum(
            1 for user, at in cleared.items() if user in impacts and _is_after(impacts[user].succeeded_at, at)
        ),
        read_until=read_until,
    )


def _expected(usual: Mapping[str, Collection[int]], flagged_at: Mapping[str, int], until: int) -> int:
    """Distinct users who met a block policy between their flag and now, a week earlier."""
    return sum(
        1
        for user_id, times in usual.items()
        if user_id in flagged_at and any(flagged_at[user_id] <= at + WEEK <= until for at in times)
    )


def _is_after(at: int | None, cleared_at: int | None) -> bool:
    return at is not None and cleared_at is not None and at > cleared_at


def _earlier(known: int | None, at: int) -> int:
    return at if known is None else min(known, at)


def _later(known: int | None, at: int) -> int:
    return at if known is None else max(known, at)
