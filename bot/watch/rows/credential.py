"""Could these users' passwords have leaked? Asked only of surges of leakedCredentials."""

from bot.watch.facts import EvidenceFacts, Share
from bot.watch.rows.likelihood import decibans, percent
from bot.watch.rows.row import Group, Heading, Row, RowName
from bot.watch.weights import Weights

LEAKED = "leakedCredentials"


def credential_rows(facts: EvidenceFacts, weights: Weights) -> tuple[Row, ...]:
    """None for a surge of other types alone: then the question does not arise."""
    if LEAKED not in facts.types:
        return ()
    return (_passwordless(facts, weights), _newer_passwords(facts, weights), _unsynchronised(facts, weights))


def _passwordless(facts: EvidenceFacts, weights: Weights) -> Row:
    stated = facts.passwords_are_random
    cap = weights.passwordless_random_cap if stated else weights.passwordless_cap

    def judge(share: Share) -> tuple[float, str]:
        note = (
            "the team states that their passwords are random or disabled"
            if stated
            else "most of them still have a password that can leak"
        )
        finding = f"{_beside(share)} have registered a passwordless method; {note}."
        return decibans(share, weights.passwordless_factor, cap), finding

    heading = Heading(RowName.PASSWORDLESS, Group.CREDENTIAL, "registration report", cap)
    return heading.of(facts.passwordless, judge)


def _newer_passwords(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(share: Share) -> tuple[float, str]:
        finding = f"{_beside(share)} changed their password after the last leak known before the surge."
        return decibans(share, weights.newer_password_factor, weights.newer_password_cap), finding

    heading = Heading(RowName.NEWER_PASSWORDS, Group.CREDENTIAL, "directory", weights.newer_password_cap)
    return heading.of(facts.newer_passwords, judge)


def _unsynchronised(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(share: Share) -> tuple[float, str]:
        finding = (
            f"{_beside(share)} are federated and have no password hash in Entra that could match (an old one may)."
        )
        return decibans(share, weights.unsynchronised_factor, weights.unsynchronised_cap), finding

    heading = Heading(
        RowName.UNSYNCHRONISED, Group.CREDENTIAL, "domains and synchronisation", weights.unsynchronised_cap
    )
    return heading.of(facts.unsynchronised, judge)


def _beside(share: Share) -> str:
    return (
        f"{share.count:,} of {share.of:,} flagged users ({percent(share.count, share.of)}, "
        f"in the tenant {percent(share.base, 1)})"
    )
