"""Write outcomes down, with their ledger row and the cards that show them."""

from collections import Counter
from collections.abc import Sequence

from bot.act.outcome import Outcome
from bot.act.run import Run
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction


def keep_outcomes(tx: Transaction, tenant: Tenant, run: Run, outcomes: Sequence[Outcome]) -> None:
    """Keep what a reading settled. Users who only stay on the way are written without a ledger row."""
    if not outcomes:
        return
    tx.outcomes.keep_outcomes(run, outcomes)
    final = [outcome for outcome in outcomes if outcome.state.is_final]
    if final:
        tx.ledger.append_entry(
            tenant_id=tenant.id,
            at=tenant.world.now(),
            event=Event.USERS_SETTLED,
            subject=run.id,
            actor="countersign",
            facts={
                "counts": Counter(outcome.state.value for outcome in final),
                "users": [[outcome.user_id, outcome.state.value, outcome.why] for outcome in final],
            },
        )
    tx.cards.want_update(tenant.id, CardSubject.RUN, run.id)
    if run.state.is_over:
        tx.cards.want_update(tenant.id, CardSubject.SURGE, run.surge_id)
