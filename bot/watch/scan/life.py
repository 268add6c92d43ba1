"""One surge from its alarm to its end, as the scan keeps it."""

from dataclasses import dataclass, field

from bot.watch.detector import DetectedSurge
from bot.watch.durations import DAY
from bot.watch.scan.rules import Rules


@dataclass(slots=True)
class Life:
    """What is known of one surge. Users and types are numbers (see NewFlags)."""

    key: str
    opened_at: int
    alarm_at: int
    """Where in time the alarm belongs: long before opened_at when the data came late."""
    types: set[int]
    window_start: int
    window_end: int
    last_alarm: int
    ended_at: int | None = None
    users: set[int] = field(default_factory=set)
    usual: float = 0.0
    peak: int = 0
    """The most users newly flagged within three hours."""
    is_stale: bool = True
    """Something happened that the window has not been estimated anew for."""
    reopened: tuple[int, int] | None = None
    """The scan that reopened it, and the end that was found before."""
    detected: DetectedSurge | None = None
    """What was last said of it, while that is still true."""

    def reopen(self, now: int) -> None:
        """An alarm belongs to it again."""
        if self.ended_at is not None:
            self.reopened = now, self.ended_at
        self.ended_at = None

    def end(self, now: int) -> None:
        """It is over. What reopened and is over in one scan was only late data: the end found before stands."""
        self.ended_at = self.reopened[1] if self.reopened is not None and self.reopened[0] == now else now
        self.detected = None

    def quiet(self, rules: Rules) -> int:
        """How long a calm ends it: 3 hours, or what six of its users took, up to 8 hours."""
        pace = (self.window_end - self.window_start) / max(1, len(self.users))
        return int(min(rules.quiet_longest, max(rules.quiet, rules.quiet_users * pace)))

    def reach(self, rules: Rules) -> int:
        """Until when a further alarm of the same type is this surge again."""
        latest = self.window_end + rules.quiet_longest
        return (latest if self.ended_at is None else min(self.ended_at, latest)) + rules.reopen_within

    def covers(self, type_: int, time: int, rules: Rules) -> bool:
        """Whether an alarm of this type at this time is this surge, rather than another one."""
        return type_ in self.types and self.window_start - DAY <= time <= self.reach(rules)

    def is_settled(self, now: int, rules: Rules) -> bool:
        """Whether late data no longer moves its window."""
        return self.ended_at is not None and now > self.ended_at + rules.settle
