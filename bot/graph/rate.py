"""How fast one API family may be called: a pure function of time and of what Microsoft answered.

The rate falls by three tenths at a refusal (429), never below a fifth of the full one, and climbs back by a fifth with
each answer. So it gives way to other apps that share the budget (beside one that takes half of it, a call is
refused some every five seconds), and four quiet answers bring back the full speed. Nothing here reads a clock.
"""

_SLOWEST = 1 / 5
"""Of the full rate. Slower would not be kinder, since what is refused costs others nothing, and finds back later."""
_CUT = 0.7
_EASE = 0.9
_CLIMB = 0.2
_NEARLY_SPENT = 0.8
"""From here on Graph sends x-ms-throttle-limit-percentage. Source: Microsoft Graph throttling guidance."""

_ON_ITS_WAY = 0.005
"""Seconds that a call takes from its slot to the wire when nothing keeps it: a timer's lateness, a header or two."""

LONGEST_HOLD = 300.0
"""Seconds. A longer Retry-After is tried again after this, since a whole family waits behind it."""


class Pace:
    """The pace of one family. Times are seconds on one monotonic clock; units are requests or resource units."""

    def __init__(self, units_per_second: float, *, now: float) -> None:
        """`now`: the first slot opens one interval later, since another holder may just have called."""
        if units_per_second <= 0:
            raise ValueError("a rate is more than 0 a second")
        self._full = units_per_second
        self._present = units_per_second
        self._opens_at = now + 1 / units_per_second
        self._held_until = float("-inf")
        self._cut_at = float("-inf")

    @property
    def opens_at(self) -> float:
        """When the next slot opens."""
        return max(self._opens_at, self._held_until)

    @property
    def interval(self) -> float:
        """Seconds between two slots of one unit at the present pace."""
        return 1 / self._present

    def limit(self, units_per_second: float) -> None:
        """Set the full rate, once more is known of the tenant."""
        self._present *= units_per_second / self._full
        self._full = units_per_second

    def take(self, now: float, units: int = 1, *, opened: float | None = None) -> float:
        """A slot of so many units was taken, which opened at `opens_at` unless said; gives from when it counts.

        That is when it opened for whoever waited for it and was a moment late, as every timer is: the next one is not
        late by as much again.
        """
        opened = self.opens_at if opened is None else opened
        counts_from = opened if 0 <= now - opened <= _ON_ITS_WAY else now
        self._opens_at = counts_from + units / self._present
        return counts_from

    def left(self, now: float, *, taken_at: float, units: int = 1) -> None:
        """A call whose slot was taken at `taken_at` left only now, since a token or the event loop kept it.

        The next one keeps its distance from now, less the little that every call loses on its way out. A server that
        counts from each arrival would else find all that follow too early by as much as one of them was late.
        """
        if now - taken_at > _ON_ITS_WAY:
            self._opens_at = max(self._opens_at, now - _ON_ITS_WAY + units / self._present)

    def charge(self, units: int) -> None:
        """A call cost so many units more than were taken for it."""
        self._opens_at += units / self._present

    def give_back(self, now: float) -> None:
        """The slot taken last was not used: the next one is open now, unless Microsoft asked to wait."""
        self._opens_at = min(self._opens_at, now)

    def refused(self, now: float, *, taken_at: float, retry_after: float | None) -> None:
        """A 429 came for a call whose slot was taken at `taken_at`; retry_after in seconds where Microsoft named one.

        Calls that were under way when the rate was cut don't cut it again: they say nothing of the new rate.
        """
        if taken_at >= self._cut_at:
            self._present = max(self._full * _SLOWEST, self._present * _CUT)
            self._cut_at = now
        self.hold(now, 1 / self._present if retry_after is None else retry_after)

    def hold(self, now: float, seconds: float) -> None:
        """No slot opens for so long."""
        self._held_until = max(self._held_until, now + min(seconds, LONGEST_HOLD))

    def answered(self, *, taken_at: float, used: float | None = None) -> None:
        """A call was answered whose slot was taken at `taken_at`.

        used: the part of the budget that Graph says is spent, where it says so. An answer to a call from before the
        last cut brings nothing back: it was got at the old rate.
        """
        if used is not None and used >= _NEARLY_SPENT:
            self._present = max(self._full * _SLOWEST, self._present * _EASE)
        elif taken_at >= self._cut_at:
            self._present = min(self._full, self._present + self._full * _CLIMB)
