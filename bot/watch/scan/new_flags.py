"""Who is newly flagged: not flagged for the type in the 24 hours before. A verified clean-up ends that memory.

Kept for each type, and for all types pooled (a user flagged for two types at once counts once there). Flags may come
in any order: a late one is put where it belongs, and takes the newness of the next one within 24 hours.
"""

import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import NamedTuple

from bot.watch.detector import Flag
from bot.watch.durations import DAY
from bot.watch.scan.series import Series

POOLED = -1
"""The number of the series of all types together; the types are numbered from 0."""
_TYPE_BITS = 16
_TYPE_MASK = (1 << _TYPE_BITS) - 1
_MEMORY = DAY


class Change(NamedTuple):
    """A user became newly flagged in a series at a time, or turned out not to have been."""

    number: int
    time: int
    user: int
    type: int
    is_new: bool


class NewFlags:
    """The flags of one tenant and the series of newly flagged users made of them."""

    def __init__(self) -> None:
        self.series: dict[int, Series] = {POOLED: Series()}
        self.type_names: list[str] = []
        self.user_names: list[str] = []
        self.first_flag: int | None = None
        self.last_flag: int | None = None
        self.distinct_users = 0
        self._types: dict[str, int] = {}
        self._users: dict[str, int] = {}
        self._flags: list[list[int]] = []  # by user: time << 16 | type, sorted
        self._free: list[int] = []
        self._cleared: dict[int, list[int]] = {}
        self._seen: dict[int, int] = {}  # hash of the detection's id -> its time; half the memory of the ids

    def observe(self, flags: Iterable[Flag]) -> list[Change]:
        """Take flags in any order; those already known change nothing."""
        changes: list[Change] = []
        for flag in flags:
            name = hash(flag.detection_id)
            if name in self._seen:
                continue
            self._seen[name] = flag.detected_at
            self._insert(flag.detected_at, self.user(flag.user_id), self.type(flag.risk_event_type), changes)
        return changes

    def forgive(self, user_id: str, cleared_at: int) -> list[Change]:
        """Forget what was before a verified clean-up: the next flag counts as new."""
        user = self.user(user_id)
        changes: list[Change] = []
        cleared = self._cleared.setdefault(user, [])
        if cleared_at in cleared:
            return changes
        insort(cleared, cleared_at)
        after = bisect_right(self._flags[user], (cleared_at << _TYPE_BITS) | _TYPE_MASK)
        waiting = {POOLED, *(code & _TYPE_MASK for code in self._flags[user][after:])}
        for code in self._flags[user][after:]:
            time, type_ = code >> _TYPE_BITS, code & _TYPE_MASK
            if time >= cleared_at + _MEMORY or not waiting:
                break
            for number in {type_, POOLED} & waiting:
                waiting.discard(number)
                if not self._is_counted(self.series[number], time, user):
                    self.series[number].add(time, user, type_)
                    changes.append(Change(number, time, user, type_, is_new=True))
        return changes

    def was_cleared(self, user: int, start: int, end: int) -> bool:
        """Whether a clean-up of this user was verified in [start, end)."""
        cleared = self._cleared.get(user)
        return cleared is not None and bisect_left(cleared, start) < bisect_left(cleared, end)

    def user(self, user_id: str) -> int:
        """The number of a user, given on first sight."""
        number = self._users.get(user_id)
        if number is None:
            name = sys.intern(user_id)  # the store's readings name the same users
            if self._free:
                number = self._free.pop()
                self.user_names[number] = name
            else:
                number = len(self.user_names)
                self.user_names.append(name)
                self._flags.append([])
            self._users[name] = number
        return number

    def type(self, name: str) -> int:
        """The number of a riskEventType, given on first sight."""
        number = self._types.get(name)
        if number is None:
            number = len(self.type_names)
            if number > _TYPE_MASK:
                raise ValueError(f"more than {_TYPE_MASK} different riskEventTypes: {name!r} is one too many")
            self._types[name] = number
            self.type_names.append(name)
            self.series[number] = Series()
        return number

    def forget_before(self, time: int, keep_users: Iterable[int]) -> None:
        """Drop flags and clean-ups that are older, and the names of users that nothing refers to any more."""
        for series in self.series.values():
            series.forget_before(time)
        self._seen = {name: seen for name, seen in self._seen.items() if seen >= time}
        self._cleared = {user: kept for user, at in self._cleared.items() if (kept := [c for c in at if c >= time])}
        keep = set(keep_users)
        for user, flags in enumerate(self._flags):
            if flags and flags[0] >> _TYPE_BITS < time:
                del flags[: bisect_left(flags, time << _TYPE_BITS)]
                if not flags:
                    self.distinct_users -= 1
            if not flags and user not in keep and user not in self._cleared and self.user_names[user] in self._users:
                del self._users[self.user_names[user]]
                self.user_names[user] = ""
                self._free.append(user)

    def _insert(self, time: int, user: int, type_: int, changes: list[Change]) -> None:
        """Count one flag, unless the same user, type and time is already there: nothing new is said by it."""
        flags = self._flags[user]
        code = (time << _TYPE_BITS) | type_
        place = bisect_left(flags, code)
        if place < len(flags) and flags[place] == code:
            return
        if not flags:
            self.distinct_users += 1
        for number in (type_, POOLED):
            self._count(number, time, user, type_, place, changes)
        flags.insert(place, code)
        if self.first_flag is None or time < self.first_flag:
            self.first_flag = time
        if self.last_flag is None or time > self.last_flag:
            self.last_flag = time

    def _count(self, number: int, time: int, user: int, type_: int, place: int, changes: list[Change]) -> None:
        """Count the flag about to stand at `place` in one series, and uncount the next where this one precedes it."""
        series, flags = self.series[number], self._flags[user]
        is_new = True
        for before in reversed(flags[:place]):
            earlier = before >> _TYPE_BITS
            if time - earlier >= _MEMORY:
                break
            if number in {POOLED, before & _TYPE_MASK}:
                is_new = self.was_cleared(user, earlier, time)
                break
        for after in flags[place:]:
            later = after >> _TYPE_BITS
            if later - time >= _MEMORY:
                break
            if number in {POOLED, after & _TYPE_MASK}:
                if not self.was_cleared(user, time, later) and self._is_counted(series, later, user):
                    changes.append(Change(number, later, user, series.remove(later, user), is_new=False))
                break
        if is_new:
            series.add(time, user, type_)
            changes.append(Change(number, time, user, type_, is_new=True))

    @staticmethod
    def _is_counted(series: Series, time: int, user: int) -> bool:
        low, high = bisect_left(series.times, time), bisect_right(series.times, time)
        return user in series.users[low:high]
