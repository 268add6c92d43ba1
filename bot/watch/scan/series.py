"""The newly flagged users of one series in order of time, packed: 14 bytes a user."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence


class Series:
    """Parallel arrays of times, users and types, sorted by time."""

    __slots__ = ("times", "types", "users")

    def __init__(self) -> None:
        self.times = array("q")
        self.users = array("I")
        self.types = array("H")

    def add(self, time: int, user: int, type_: int) -> None:
        """Put one newly flagged user where it belongs."""
        place = bisect_right(self.times, time)
        self.times.insert(place, time)
        self.users.insert(place, user)
        self.types.insert(place, type_)

    def remove(self, time: int, user: int) -> int:
        """Take one out again and return its type: an earlier flag of this user turned up late."""
        place = self.users.index(user, bisect_left(self.times, time), bisect_right(self.times, time))
        del self.times[place], self.users[place]
        return self.types.pop(place)

    def count(self, start: int, end: int) -> int:
        """How many were newly flagged in [start, end]."""
        return bisect_right(self.times, end) - bisect_left(self.times, start)

    def times_between(self, start: int, end: int) -> Sequence[int]:
        """When those in [start, end] were newly flagged."""
        return self.times[bisect_left(self.times, start) : bisect_right(self.times, end)]

    def users_between(self, start: int, end: int) -> Sequence[int]:
        """Who was newly flagged in [start, end]."""
        return self.users[bisect_left(self.times, start) : bisect_right(self.times, end)]

    def between(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(time, user, type) of those newly flagged in [start, end]."""
        low, high = bisect_left(self.times, start), bisect_right(self.times, end)
        return zip(self.times[low:high], self.users[low:high], self.types[low:high], strict=True)

    def forget_before(self, time: int) -> None:
        """Drop what is older."""
        place = bisect_left(self.times, time)
        del self.times[:place], self.users[:place], self.types[:place]
