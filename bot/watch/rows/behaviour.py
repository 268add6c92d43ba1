"""What the flagged users' accounts did: the rows that can tell an attack in use."""

from math import log

from bot.watch.facts import Acts, Cause, EvidenceFacts, UsualRate
from bot.watch.rows.likelihood import tail, users
from bot.watch.rows.row import Group, Heading, Row, RowName
from bot.watch.weights import Weights


def behaviour_rows(facts: EvidenceFacts, weights: Weights) -> tuple[Row, ...]:
    """Risky sign-ins, acts after a takeover, bad credentials, risky changes."""
    return (
        _risky_sign_ins(facts, weights),
        _takeovers(facts, weights),
        _bad_credentials(facts, weights),
        _risky_changes(facts, weights),
    )


def own_users(acts: Acts) -> frozenset[str]:
    """Flagged users who did such a thing, neither by force nor through a help desk."""
    return frozenset(act.user_id for act in acts.acts if act.cause is Cause.OWN)


def acting_users(acts: Acts) -> frozenset[str]:
    """Flagged users who did such a thing by themselves, also after the flag and from a usual place."""
    return frozenset(act.user_id for act in acts.acts if act.cause is not Cause.HELP_DESK)


def is_above(acts: Acts, weights: Weights) -> bool:
    """Whether flagged users did more of it than unflagged users like them, or more of it from new addresses."""
    rate = (acts.unflagged_users + 0.5) / (acts.unflagged + 1)
    own = own_users(acts)
    new = {act.user_id for act in acts.acts if act.cause is Cause.OWN and act.is_new}
    unflagged_new = acts.unflagged_users / 2 if acts.unflagged_new is None else acts.unflagged_new
    new_rate = (unflagged_new + 0.5) / (acts.unflagged + 1)
    return any(
        len(found) >= weights.least_users and tail(len(found), each * acts.flagged) < weights.takeover_chance
        for found, each in ((own, rate), (new, new_rate))
    )


def _risky_sign_ins(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(rate: UsualRate) -> tuple[float, str]:
        finding = f"{rate.now:,} risky sign-ins of flagged users, usual {rate.usual:,.1f}."
        ratio = rate.now / rate.usual if rate.usual > 0 else float(rate.now)
        if ratio < weights.raised_from or rate.now < weights.least_events:
            return weights.risky_sign_ins_usual, finding
        steps = log(ratio / weights.raised_from) / log(weights.high_from / weights.raised_from)
        span = weights.risky_sign_ins_high - weights.risky_sign_ins_raised
        return weights.risky_sign_ins_raised + min(1.0, steps) * span, finding

    reach = max(abs(weights.risky_sign_ins_high), abs(weights.risky_sign_ins_usual))
    return Heading(RowName.RISKY_SIGN_INS, Group.BEHAVIOUR, "sign-in log", reach).of(facts.risky_sign_ins, judge)


def _takeovers(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(acts: Acts) -> tuple[float, str]:
        acting = acting_users(acts)
        if not acting:
            return weights.takeovers_none, "No flagged user registered a method, gave an app consent, or the like."
        finding = f"{users(len(acting))} of {acts.flagged:,} registered a method, gave an app consent, or the like"
        beside = f"unflagged {acts.unflagged_users:,} of {acts.unflagged:,}"
        if is_above(acts, weights):
            return weights.takeovers_above, f"{finding}: more than users like them ({beside})."
        return weights.takeovers_isolated, f"{finding}, no more than usual ({beside}); they are held back."

    heading = Heading(RowName.TAKEOVERS, Group.BEHAVIOUR, "directory audit log", abs(weights.takeovers_above))
    return heading.of(facts.takeovers, judge)


def _bad_credentials(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(rate: UsualRate) -> tuple[float, str]:
        finding = f"{rate.now:,} sign-ins of flagged users failed for a wrong password or a lock-out after some"
        is_raised = rate.now >= weights.raised_from * rate.usual and rate.now >= weights.least_events
        weight = weights.bad_credentials_raised if is_raised else weights.bad_credentials_usual
        return weight, f"{finding}, usual {rate.usual:,.1f}."

    heading = Heading(RowName.BAD_CREDENTIALS, Group.BEHAVIOUR, "sign-in log", abs(weights.bad_credentials_raised))
    return heading.of(facts.bad_credentials, judge)


def _risky_changes(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(acts: Acts) -> tuple[float, str]:
        own = own_users(acts)
        explained = {act.user_id for act in acts.acts} - own
        aside = f"; {users(len(explained))} by force or at a help desk count nothing" if explained else ""
        if not own:
            return 0.0, f"No flagged user changed password or method without a known reason{aside}."
        if is_above(acts, weights):
            return weights.risky_changes_above, f"{users(len(own))} changed password or method, more than usual{aside}."
        finding = f"{users(len(own))} changed password or method, no more than users like them{aside}"
        return weights.risky_changes_isolated, f"{finding}; they are held back."

    heading = Heading(RowName.RISKY_CHANGES, Group.BEHAVIOUR, "directory audit log", abs(weights.risky_changes_above))
    return heading.of(facts.risky_changes, judge)
