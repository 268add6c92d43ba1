"""Every number the scan decides by, in one place. Chosen on tenants that no reported figure was measured on."""

from dataclasses import dataclass

from bot.watch.durations import DAY, HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of the window scan. Shares are of the tenant's users; spans are microseconds."""

    sensitivity: float = 0.1
    """False alarms a tenant-year that the team accepts by chance, over all series and windows together."""
    windows: tuple[int, ...] = (10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 24 * HOUR)
    series_at_least: int = 10
    """The correction for many series never counts fewer than this, so that a new type doesn't move the threshold."""
    looks_a_window: float = 6.0
    """The overlapping looks at one window are worth so many independent ones; fewer for the shortest windows."""

    gate_users: int = 5
    gate_share: float = 0.002
    cold_share: float = 0.005
    """The gate while fewer than `cold_days` of history are known."""
    cold_days: int = 14
    unknown_size_gate: int = 10
    """The gate when nobody said how many users the tenant has."""

    magnitude_users: int = 6
    magnitude_share: float = 0.02
    magnitude_window: int = 8 * HOUR
    magnitude_factor: float = 3.0
    magnitude_margin: float = 5.0

    history_days: int = 56
    prior_a_day: float = 1e-3
    """Newly flagged users a day, as a share of the tenant, before anything is known."""
    prior_days: float = 7.0
    """How many days of history the prior is worth."""
    type_share: float = 1 / 9
    """The share of the pooled prior that one type starts with."""
    season_prior: float = 15.0
    """Pseudo-counts that hold each hour's factor to 1."""
    dispersion_floor: float = 1.3

    quiet: int = 3 * HOUR
    """A surge is over after so long a calm; a slow one, after `quiet_users` of its users would have come."""
    quiet_users: float = 6.0
    quiet_longest: int = 8 * HOUR
    reopen_within: int = DAY
    settle: int = DAY
    """For so long after its end a surge's window follows late data."""
    late_within: int = 7 * DAY
    """A batch that becomes visible later than this after its detection rings no alarm."""

    search_before: int = 36 * HOUR
    """How long before its alarm a surge may have begun."""
    core_after: int = DAY
    """How long after its alarm the densest part of a surge is looked for; from there the window grows."""
    tail: float = 6.0
    """Log-likelihood ratio that lets a window grow into the hours next to it."""
    apart: float = 12.0
    """Log-likelihood ratio that lets a window reach over a gap to a further part of the same surge."""
    shared_users: float = 0.5
    """Two types are one surge when this share of the smaller one's users is in both."""

    def __post_init__(self) -> None:
        if not self.sensitivity > 0:
            raise ValueError(f"sensitivity must be a positive number of false alarms a year, not {self.sensitivity}")

    @property
    def longest_pause(self) -> int:
        """How long nothing may happen within one surge."""
        return self.reopen_within + self.quiet_longest
