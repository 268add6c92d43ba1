"""A whole run against a model of the tenant: pages, batches, answers, kills, people and time, in any order."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.act.canary import canary_for
from bot.act.effect import after_verification, next_look
from bot.act.judge import ReadUser, judge_risky
from bot.act.next_step import Finish, PassCanary, Pause, ReadBack, Send, Verify, Wait, next_step
from bot.act.outcome import Outcome, OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import MOST_SENDS, Intent, RunFacts, RunState, Trip
from bot.decide.action import Action
from tests.values import NOW, SECOND, detection, risky, run

SAFE = Action.CONFIRM_SAFE
SEEN = "2025-04-20T05:00:00Z"
RESEND = 120 * SECOND
WAITING, SENDING, ACCEPTED = OutcomeState.WAITING, OutcomeState.SENDING, OutcomeState.ACCEPTED


class RunLife(RuleBasedStateMachine):
    """The operation's part is played here as plainly as can be: it does what the step says, and keeps the answer."""

    @initialize(users=st.integers(1, 25), setting=st.sampled_from([0, 3, 10]))
    def it_is_signed(self, users, setting):
        self.tenant = {f"user{n:02}": risky(f"user{n:02}") for n in range(users)}
        self.planned = frozenset(self.tenant)
        self.outcomes = {user: Outcome(user, WAITING) for user in self.tenant}
        self.run = replace(run(), canary=canary_for(setting, users))
        self.now = NOW
        self.open: Intent | None = None
        self.others: set[str] = set()
        self.written: list[tuple[str, ...]] = []
        self.stopped_at: int | None = None
        self.trip: Trip | None = None
        self.tripped_with = 0

    # What the run does.

    def facts(self):
        found = list(self.outcomes.values())
        count = {state: sum(1 for each in found if each.state is state) for state in OutcomeState}
        accepted = [each for each in found if each.state is ACCEPTED]
        return RunFacts(
            unanswered=(self.open,) if self.open else (),
            waiting=count[WAITING],
            accepted=count[ACCEPTED],
            due=tuple(each.user_id for each in sorted(accepted, key=lambda it: it.look_at) if each.look_at <= self.now),
            next_look=min((each.look_at for each in accepted), default=None),
            last_sent_at=max((each.sent_at for each in accepted), default=None),
            again=sum(1 for each in found if each.state is WAITING and each.sends),
            sent=sum(
                1 for each in found if (each.sends or each.state is SENDING) and each.state is not OutcomeState.SKIPPED
            ),
            verified=count[OutcomeState.VERIFIED],
            failed=count[OutcomeState.FAILED],
            trip=self.trip,
            slot=SECOND,
        )

    @rule(answer=st.sampled_from(["took", "took", "took, and nothing changed", "refused", "throttled", "none came"]))
    def it_takes_a_step(self, answer):
        step = next_step(self.run, self.facts(), self.now)
        match step:
            case ReadBack():
                self.read_back()
            case Send(most=most):
                self.send(most, answer)
            case Verify(user_ids=user_ids):
                for user_id in user_ids:
                    self.read(user_id)
            case PassCanary():
                self.run = replace(self.run, canary_passed_at=self.now)
            case Pause(reason=reason):
                self.run = replace(self.run, state=RunState.PAUSED, paused_because=reason)
            case Finish():
                assert not any(each.state in {WAITING, SENDING} for each in self.outcomes.values())
                self.run = replace(self.run, state=RunState.DONE)
            case Wait(until=until):
                assert until > self.now

    def send(self, most, answer):
        assert self.run.state.writes
        judged = judge_risky(
            action=SAFE,
            outcomes=self.outcomes,
            readings=[ReadUser(user, self.now) for user in self.tenant.values()],
            seen=dict.fromkeys(self.tenant, SEEN),
            others={user: (detection(user, kind="anomalousToken"),) for user in self.others},
            detections_read_at=self.now,
            most=most,
        )
        self.outcomes |= {each.user_id: each for each in judged.settled}
        if not judged.batch:
            return
        assert not self.others & set(judged.batch)
        if self.run.is_on_trial and self.run.canary_since is None:
            self.run = replace(self.run, canary_since=self.now)
        self.open = Intent("i", self.run.id, 1, SAFE, judged.batch, self.now, 1)
        self.written.append(judged.batch)
        self.outcomes |= {user: replace(self.outcomes[user], state=SENDING) for user in judged.batch}
        if answer.startswith("took"):
            for user in judged.batch if answer == "took" else ():
                self.tenant[user] = replace(self.tenant[user], is_processing=True)
            self.settle_answer(self.accepted)
        elif answer == "refused":
            size = len(judged.batch)
            self.settle_answer(
                lambda each: (
                    replace(each, state=OutcomeState.FAILED)
                    if size == 1
                    else replace(each, state=WAITING, batch_limit=size // 2)
                )
            )
        elif answer == "throttled":
            self.settle_answer(lambda each: replace(each, state=WAITING))

    def settle_answer(self, after):
        self.outcomes |= {user: after(self.outcomes[user]) for user in self.open.user_ids}
        self.open = None

    def accepted(self, each):
        look_at = next_look(self.now, self.now)
        return replace(each, state=ACCEPTED, sends=each.sends + 1, sent_at=self.now, look_at=look_at)

    def read_back(self):
        def after(each):
            user = self.tenant[each.user_id]
            if user.is_processing or user.risk_state == "confirmedSafe":
                return self.accepted(each)
            if self.run.state.is_over:
                return replace(each, state=OutcomeState.SKIPPED)
            return replace(each, state=WAITING, sends=each.sends + 1, sent_at=self.now)

        self.settle_answer(after)

    def read(self, user_id):
        judged = after_verification(
            self.outcomes[user_id],
            action=SAFE,
            found=self.tenant[user_id],
            read_at=self.now,
            now=self.now,
            resend_after=RESEND,
        )
        if judged.state is WAITING and self.run.state.is_over:
            judged = replace(judged, state=ACCEPTED, look_at=self.now + 3600 * SECOND)
        self.outcomes[user_id] = judged

    # What the world does.

    @rule(seconds=st.sampled_from([1, 10, 130, 1000]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(share=st.integers(1, 4))
    def microsoft_carries_out_what_it_took(self, share):
        for number, (user_id, user) in enumerate(self.tenant.items()):
            if user.is_processing and number % share == 0:
                self.tenant[user_id] = replace(user, is_processing=False, risk_state="confirmedSafe")

    @rule(data=st.data(), what=st.sampled_from(["flagged", "deleted", "closed", "compromised"]))
    def something_happens_to_somebody(self, data, what):
        user_id = data.draw(st.sampled_from(sorted(self.tenant)))
        user = self.tenant[user_id]
        if what == "flagged":
            self.others.add(user_id)
        elif what == "deleted":
            self.tenant[user_id] = replace(user, is_deleted=True)
        elif not user.is_processing:
            state = "dismissed" if what == "closed" else "confirmedCompromised"
            self.tenant[user_id] = replace(user, risk_state=state)

    @rule(touched=st.booleans())
    def a_tripwire_is_touched_or_signed_for(self, touched):
        self.trip = Trip(PauseReason.FLAGGED_ANEW, "six") if touched else None

    # What people do.

    @precondition(lambda self: self.run.state.writes)
    @rule()
    def somebody_pauses(self):
        self.run = replace(self.run, state=RunState.PAUSED, paused_because=PauseReason.BY_HAND)

    @precondition(lambda self: self.run.state is RunState.PAUSED)
    @rule()
    def somebody_resumes(self):
        waived = self.run.paused_because is PauseReason.CANARY
        since = self.now if self.run.canary_since is not None else None
        self.run = replace(
            self.run,
            state=RunState.RUNNING,
            paused_because=None,
            canary=0 if waived else self.run.canary,
            canary_since=since,
        )

    @precondition(lambda self: not self.run.state.is_over)
    @rule(sure=st.integers(0, 9))
    def somebody_stops(self, sure):
        if sure:
            return
        left = {
            user: replace(each, state=OutcomeState.SKIPPED)
            for user, each in self.outcomes.items()
            if each.state is WAITING
        }
        self.outcomes |= left
        self.run = replace(self.run, state=RunState.STOPPED)
        self.stopped_at = len(self.written)

    # What always holds.

    @invariant()
    def everybody_has_one_outcome_and_nobody_else_was_written_to(self):
        assert self.outcomes.keys() == self.planned
        assert {user for batch in self.written for user in batch} <= self.planned

    @invariant()
    def while_the_canary_is_out_no_more_than_it_were_written_to(self):
        if self.run.is_on_trial:
            out = [each for each in self.outcomes.values() if each.sends or each.state is SENDING]
            out = [each for each in out if each.state is not OutcomeState.SKIPPED]
            assert len(out) <= self.run.canary

    @invariant()
    def nobody_is_sent_more_often_than_three_times(self):
        """A write without an answer may have been carried out: it counts, and is sent once more."""
        assert all(each.sends <= MOST_SENDS + len(self.written) for each in self.outcomes.values())
        for each in self.outcomes.values():
            assert each.sends <= sum(1 for batch in self.written if each.user_id in batch)

    @invariant()
    def a_user_on_the_way_is_in_the_open_batch(self):
        on_the_way = {user for user, each in self.outcomes.items() if each.state is SENDING}
        assert on_the_way == (set(self.open.user_ids) if self.open else set())

    @invariant()
    def verified_are_only_those_who_show_it(self):
        for user, each in self.outcomes.items():
            if each.state is OutcomeState.VERIFIED:
                assert each.sends
                assert each.verified_at is not None
                assert self.tenant[user].risk_state in {"confirmedSafe", "dismissed", "confirmedCompromised"}

    @invariant()
    def after_a_stop_nothing_is_written(self):
        if self.stopped_at is not None:
            assert len(self.written) == self.stopped_at

    def teardown(self):
        """In a quiet world it comes to its end, whatever came before."""
        if not hasattr(self, "run") or self.run.state is RunState.STOPPED:
            return
        self.trip = None
        for _ in range(600):
            if self.run.state is RunState.PAUSED:
                self.somebody_resumes()
            if self.run.state.is_over:
                break
            self.it_takes_a_step("took")
            self.microsoft_carries_out_what_it_took(1)
            self.now += 10 * SECOND
        assert self.run.state is RunState.DONE
        assert not {each.state for each in self.outcomes.values()} & {WAITING, SENDING}


TestRunLife = RunLife.TestCase
TestRunLife.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
