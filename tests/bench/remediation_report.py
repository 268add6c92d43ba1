"""The page that the benchmark of remediation writes: ours beside the bound and beside what is done by hand."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One run of the bot. Seconds are those of the benchmark; `scale` of them pass at Microsoft's limits."""

    users: int
    at_risk: int
    verified: int
    seconds: float
    canary: int
    canary_seconds: float
    """The tenant's own time until enough of the canary were closed."""
    requests: Counter[str]
    """Of the Identity Protection family, from the run's start to its end, by what they were for."""
    refused: int
    scale: float
    memory: float
    blocked_loop: float
    blocked_users: int

    @property
    def bound(self) -> int:
        """The fewest requests: a write for sixty, and those at risk read before and after, five hundred a page."""
        return -(-self.users // 60) + 2 * -(-self.at_risk // 500)

    @property
    def bound_seconds(self) -> float:
        """The bound at the benchmark's rate."""
        return self.bound / self.scale

    @property
    def share_blocked_first(self) -> float:
        """The same beside the bound of a run that reads everybody once more, since those who are blocked go first."""
        return (self.seconds - self.canary_seconds) / (self.bound_seconds + -(-self.at_risk // 500) / self.scale)

    @property
    def share(self) -> float:
        """Our time without the tenant's own for the canary, as a multiple of the bound."""
        return (self.seconds - self.canary_seconds) / self.bound_seconds


@dataclass(frozen=True)
class Contender:
    """What an admin would do instead. seconds: extrapolated where only a sample was run."""

    name: str
    users: int
    calls: int
    seconds: float
    sample: int | None = None


def _clock(seconds: float) -> str:
    """At Microsoft's limit: 6.9 minutes, 5.6 hours."""
    return f"{seconds / 60:.1f} minutes" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} hours"


def report(quiet: Measured, loud: Measured | None = None, contenders: tuple[Contender, ...] = ()) -> str:
    """Markdown."""
    scale = quiet.scale
    lines = [
        "# Remediation at the limit of the API",
        "",
        "Written by `python -m tests.bench.remediation`: the real bot as a child process against the invented tenant.",
        f"The tenant's limits, and its own time for a write (2 to 8 s), went {scale:g} times as fast as Microsoft's",
        "(1 request a second for Identity Protection). Every request was counted there. Times at Microsoft's limit are",
        "the measured ones times that. The tenant's own time until the canary was closed is left out, and named below.",
        "",
        "| | users | requests | measured | at Microsoft's limit | times the bound | verified |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        _bound_row(quiet),
        _row("Countersign", quiet),
    ]
    if loud is not None:
        lines.append(_row(f"Countersign, {loud.blocked_users:,} of them blocked and sent first", loud))
    for each in contenders:
        how = f" (a sample of {each.sample} was run, the rest is reckoned from it)" if each.sample else ""
        lines.append(
            f"| {each.name}{how} | {each.users:,} | {each.calls:,} | {each.seconds:,.1f} s | "
            f"{_clock(each.seconds * scale)} | {each.seconds / (_bound(each.users) / scale):.3f} | nobody |"
        )
    pause = max(each.blocked_loop for each in (quiet, loud) if each)
    lines += [
        "",
        f"The canary of {quiet.canary} took the tenant {quiet.canary_seconds:.1f} s, which is not counted above.",
        *(_blocked_first(loud) if loud else ()),
        "",
        "| what is bounded | measured | bound |",
        "| --- | --- | --- |",
        f"| time, times the fewest requests at the limit | {quiet.share:.3f} | 1.05 |",
        f"| memory of the bot, peak | {max(each.memory for each in (quiet, loud) if each):.0f} MB | 256 MB |",
        f"| longest pause of its event loop | {pause * 1000:.0f} ms | 50 ms |",
        "",
        "What the requests were for, from the first signature's effect to the last user verified:",
        "",
        "| | Countersign |" + (" with blocked users |" if loud else ""),
        "| --- | --- |" + (" --- |" if loud else ""),
    ]
    for name in sorted({*quiet.requests, *(loud.requests if loud else ())}):
        lines.append(f"| {name} | {quiet.requests[name]:,} |" + (f" {loud.requests[name]:,} |" if loud else ""))
    lines.append(f"| of all these refused (429) | {quiet.refused} |" + (f" {loud.refused} |" if loud else ""))
    lines += [
        "",
        "One user a call is how the Sentinel playbook for risky users and CIPP's button work; sixty ids a call,",
        "without reading back whether anything changed, is how the IdentityProtectionTools module works. Both kept the",
        "same pace here, one call after the other, and again after a 429. Neither spares a user whose risk changed.",
        "",
    ]
    return "\n".join(lines)


def _blocked_first(loud: Measured) -> tuple[str, ...]:
    more = -(-loud.at_risk // 500)
    return (
        "Where those who are blocked go first, everybody at risk is read twice before a write, since a state may be",
        f"ten slots old at most. Beside the bound with {more} requests more it is {loud.share_blocked_first:.3f}.",
    )


def _bound_row(measured: Measured) -> str:
    return (
        f"| the bound: ceil(n/60) + 2*ceil(m/500) | {measured.users:,} | {measured.bound:,} | "
        f"{measured.bound_seconds:.1f} s | {_clock(measured.bound)} | 1.000 | |"
    )


def _bound(users: int) -> int:
    return -(-users // 60) + 2 * -(-users // 500)


def _row(name: str, measured: Measured) -> str:
    seconds = measured.seconds - measured.canary_seconds
    return (
        f"| {name} | {measured.users:,} | {sum(measured.requests.values()):,} | {seconds:.1f} s | "
        f"{_clock(seconds * measured.scale)} | {measured.share:.3f} | {measured.verified:,} |"
    )
