"""What the detections alone tell: their kind, and the shape of the surge. These rows can always be read."""

from bot.watch.durations import HOUR
from bot.watch.facts import EvidenceFacts
from bot.watch.rows.likelihood import percent, users
from bot.watch.rows.row import Group, Heading, Row, RowName
from bot.watch.weights import Weights

LONGEST_BURST = 8 * HOUR
SOURCE = "risk detections"

PROVEN = frozenset(
    {
        "passwordSpray",
        "attackerinTheMiddle",
        "nationStateIP",
        "investigationsThreatIntelligence",
        "maliciousIPAddressValidCredentialsBlockedIP",
    }
)
"""Types that come only after a validated password or a proven interception."""
OFFLINE = frozenset(
    {
        "leakedCredentials",
        "investigationsThreatIntelligence",
        "passwordSpray",
        "attackerinTheMiddle",
        "maliciousIPAddress",
        "mcasImpossibleTravel",
        "mcasSuspiciousInboxManipulationRules",
        "suspiciousInboxForwarding",
        "suspiciousSendingPatterns",
        "mcasFinSuspiciousFileAccess",
        "newCountry",
        "riskyIPAddress",
        "tokenIssuerAnomaly",
        "unlikelyTravel",
        "anomalousUserActivity",
    }
)
"""Types that Microsoft finds offline, where a detection's own timing is not known (Microsoft Entra risk detections)."""


def detection_rows(facts: EvidenceFacts, weights: Weights) -> tuple[Row, ...]:
    """Kind and shape."""
    return (_kind(facts, weights), _one_type(facts, weights), _burst(facts, weights))


def _kind(facts: EvidenceFacts, weights: Weights) -> Row:
    heading = Heading(RowName.KIND, Group.KIND, SOURCE, abs(weights.proven_types))
    proven = {name: count for name, count in facts.types.items() if name in PROVEN and count}
    most = max(proven.values(), default=0)
    if most and most >= weights.proven_share * facts.flagged:
        names = ", ".join(sorted(proven))
        finding = f"{users(most)} flagged for what follows a validated password or an interception ({names})."
        return heading.found(weights.proven_types, finding, facts.types_read_at)
    finding = "No type among them proves that somebody had the password or the session."
    return heading.found(0.0, finding, facts.types_read_at)


def _one_type(facts: EvidenceFacts, weights: Weights) -> Row:
    heading = Heading(RowName.ONE_TYPE, Group.SHAPE, SOURCE, max(abs(weights.one_type), abs(weights.mixed_types)))
    total = sum(facts.types.values())
    name, most = max(facts.types.items(), key=lambda each: (each[1], each[0]), default=("none", 0))
    finding = f"{percent(most, total)} of the flags are {name}."
    if total and most >= 0.95 * total:
        return heading.found(weights.one_type, finding, facts.types_read_at)
    return heading.found(weights.mixed_types if most < 0.7 * total else 0.0, finding, facts.types_read_at)


def _burst(facts: EvidenceFacts, weights: Weights) -> Row:
    heading = Heading(RowName.BURST, Group.SHAPE, SOURCE, max(abs(weights.offline_burst), abs(weights.not_offline)))
    total = sum(facts.types.values())
    by_type = sum(count for name, count in facts.types.items() if name in OFFLINE)
    offline = by_type if facts.offline is None else facts.offline
    hours = (facts.window_end - facts.window_start) / HOUR
    finding = f"{percent(offline, total)} of the flags were made offline, within {hours:.1f} hours."
    if offline < 0.5 * total:
        return heading.found(weights.not_offline, finding, facts.types_read_at)
    is_burst = offline >= 0.95 * total and facts.window_end - facts.window_start <= LONGEST_BURST
    return heading.found(weights.offline_burst if is_burst else 0.0, finding, facts.types_read_at)
