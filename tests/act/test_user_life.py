"""One user of a run: whatever happens to him, in any order."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.act.effect import after_verification
from bot.act.judge import ReadUser, judge_risky
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import MOST_SENDS
from bot.decide.action import Action
from tests.values import NOW, SECOND, detection, risky

SAFE = Action.CONFIRM_SAFE
SEEN = "2025-04-20T05:00:00Z"
RESEND = 120 * SECOND


class UserLife(RuleBasedStateMachine):
    """One user of a run: pages, answers, readings, hours, and what others do to him, in any order."""

    def __init__(self):
        super().__init__()
        self.outcome = Outcome("ada", OutcomeState.WAITING)
        self.user = risky("ada")
        self.now = NOW
        self.writes = 0
        self.final: Outcome | None = None

    @rule(
        state=st.sampled_from(["atRisk", "confirmedSafe", "confirmedCompromised", "unheardOf"]),
        processing=st.booleans(),
    )
    def somebody_changes_him(self, state, processing):
        self.user = replace(self.user, risk_state=state, is_processing=processing)

    @rule()
    def he_is_deleted(self):
        self.user = replace(self.user, is_deleted=True)

    @rule(seconds=st.sampled_from([1, 60, 200, 4000]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(others=st.booleans())
    def a_page_is_judged(self, others):
        found = {"ada": (detection("ada", kind="anomalousToken"),)} if others else {}
        judged = judge_risky(
            action=SAFE,
            outcomes={"ada": self.outcome},
            readings=[ReadUser(self.user, self.now)],
            seen={"ada": SEEN},
            others=found,
            detections_read_at=self.now,
        )
        for settled in judged.settled:
            self.outcome = settled
        if judged.batch:
            assert not others
            self.writes += 1
            self.outcome = replace(
                self.outcome, state=OutcomeState.ACCEPTED, sends=self.outcome.sends + 1, sent_at=self.now
            )

    @rule(gone=st.sampled_from([False, False, True]))
    def he_is_read(self, gone):
        if self.outcome.state is OutcomeState.ACCEPTED:
            self.outcome = after_verification(
                self.outcome,
                action=SAFE,
                found=None if gone else self.user,
                read_at=self.now,
                now=self.now,
                resend_after=RESEND,
            )

    @invariant()
    def he_is_written_to_three_times_at_most(self):
        assert self.writes == self.outcome.sends <= MOST_SENDS

    @invariant()
    def what_is_final_stays(self):
        if self.final is not None:
            assert self.outcome == self.final
        elif self.outcome.state.is_final:
            self.final = self.outcome

    @invariant()
    def only_a_write_of_ours_verifies(self):
        assert self.outcome.state is not OutcomeState.VERIFIED or self.writes


TestUserLife = UserLife.TestCase
TestUserLife.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
