"""Who may sign: everybody is judged as he is at the click, by all accounts that are his."""

from dataclasses import replace

import pytest

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Intent, RunState
from bot.decide.action import Action
from bot.decide.people import ListedPerson
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.ports.graph import GraphError, Problem
from bot.ports.slack import ClickKind, SlackError
from bot.record.ledger import Event
from bot.watch.evidence import Band
from bot.watch.privilege import Role, RoleReport
from tests.operations.signing import hire
from tests.values import TENANT, directory_user, person, risky, run

APPROVE = ClickKind.APPROVE


@pytest.fixture
async def asked(scene):
    """A pending request for two users that one signature approves."""
    scene.flag("ada", "bob")
    scene.weigh(Band.LEANS_FALSE_ALARM)
    return await scene.ask()


@pytest.fixture
async def asked_of_two(scene):
    """One that takes two signatures."""
    scene.flag("ada", "bob")
    scene.weigh(Band.INCONCLUSIVE)
    request = await scene.ask()
    assert request.approvals_needed == 2
    return request


def name_in_people_file(scene, *people):
    scene.tenant.policy = replace(scene.tenant.policy, people=people)


def untouched(scene, request):
    return (scene.request(request).state, scene.votes(request), scene.run_of(request)) == (
        RequestState.PENDING,
        [],
        None,
    )


async def refused(scene, request, by, refusal):
    await scene.press(APPROVE, by, request.id)
    assert untouched(scene, request)
    return scene.refusals() == [(by, refusal)]


@pytest.mark.parametrize("email", ["", "nobody@elsewhere.example"])
async def test_who_can_not_be_matched_with_the_directory_can_not_sign(scene, asked, email):
    scene.slack.people["UBEN"] = person("UBEN", email=email)
    assert await refused(scene, asked, "UBEN", Refusal.ACCOUNT_UNKNOWN)


async def test_where_matching_is_not_required_they_can(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, matching_required=False)
    scene.slack.people["UBEN"] = person("UBEN", email="")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert scene.request(asked).state is RequestState.APPROVED


async def test_a_requester_who_can_not_be_matched_can_not_ask(scene):
    scene.flag("ada")
    scene.slack.people["UANNA"] = person("UANNA", email="")
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", action="Confirm safe", cohorts=("cloud-only",), reason="x")
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.ACCOUNT_UNKNOWN)])


async def test_an_address_of_two_accounts_is_nobodys(scene, asked):
    two = tuple(directory_user(each, "uben@contoso.example") for each in ("one", "two"))
    scene.graph.accounts["uben@contoso.example"] = two
    assert await refused(scene, asked, "UBEN", Refusal.ACCOUNT_AMBIGUOUS)


async def test_somebody_whose_directory_account_is_disabled_can_not_sign(scene, asked):
    scene.graph.accounts["uben@contoso.example"] = (directory_user("b", "uben@contoso.example", enabled=False),)
    assert await refused(scene, asked, "UBEN", Refusal.ACCOUNT_DISABLED)


async def test_two_slack_accounts_of_one_directory_user_are_one_signature(scene, asked_of_two):
    hire(scene, "UCARA", account="account-of-UBEN")
    await scene.press(APPROVE, "UBEN", asked_of_two.id)
    await scene.press(APPROVE, "UCARA", asked_of_two.id)
    assert (scene.votes(asked_of_two), scene.run_of(asked_of_two)) == (["UBEN"], None)
    assert scene.refusals() == [("UCARA", Refusal.SAME_SIGNER)]


async def test_two_slack_accounts_of_one_person_in_the_people_file_are_one_signature(scene, asked_of_two):
    ben = ListedPerson(("UBEN", "UCARA"), "Ben", ("uben@contoso.example",))
    name_in_people_file(scene, ben)
    await scene.press(APPROVE, "UBEN", asked_of_two.id)
    await scene.press(APPROVE, "UCARA", asked_of_two.id)
    assert (scene.votes(asked_of_two), scene.run_of(asked_of_two)) == (["UBEN"], None)


async def test_the_requesters_other_slack_account_can_not_sign(scene, asked):
    hire(scene, "UBEN", account="account-of-UANNA")
    assert await refused(scene, asked, "UBEN", Refusal.SAME_PERSON)


async def test_two_distinct_people_are_two_signatures(scene, asked_of_two):
    await scene.press(APPROVE, "UBEN", asked_of_two.id)
    assert scene.run_of(asked_of_two) is None
    await scene.press(APPROVE, "UCARA", asked_of_two.id)
    assert scene.request(asked_of_two).state is RequestState.APPROVED
    votes = scene.look(lambda tx: tx.requests.votes_on(TENANT, asked_of_two.id))
    assert [vote.accounts for vote in votes] == [("account-of-UBEN",), ("account-of-UCARA",)]


async def test_a_separate_admin_account_in_the_plan_is_a_conflict(scene, asked):
    scene.graph.accounts["ben.admin@contoso.example"] = (directory_user("ada", "ben.admin@contoso.example"),)
    scene.graph.risky["ada"] = risky("ada", state="remediated")
    name_in_people_file(scene, ListedPerson(("UBEN",), "Ben", ("ben.admin@contoso.example",)))
    assert await refused(scene, asked, "UBEN", Refusal.AMONG_THE_FLAGGED)
    assert "in the plan" in scene.slack.answered[-1][1]


async def test_a_separate_admin_account_at_risk_is_a_conflict(scene, asked):
    number = "11111111-2222-3333-4444-555555555555"
    scene.graph.directory[number] = directory_user(number, "ben.admin@contoso.example")
    scene.graph.risky[number] = risky(number)
    name_in_people_file(scene, ListedPerson(("UBEN",), "Ben", (number,)))
    assert await refused(scene, asked, "UBEN", Refusal.AMONG_THE_FLAGGED)
    assert "at risk" in scene.slack.answered[-1][1]


@pytest.mark.parametrize("account", ["gone@contoso.example", "99999999-2222-3333-4444-555555555555"])
async def test_an_account_of_the_people_file_that_is_not_there_refuses_its_person(scene, asked, account):
    name_in_people_file(scene, ListedPerson(("UBEN",), "Ben", (account,)))
    assert await refused(scene, asked, "UBEN", Refusal.ACCOUNT_UNKNOWN)


async def test_another_persons_mail_address_does_not_make_an_account_ones_own(scene, asked):
    other = replace(directory_user("eve", "eve@contoso.example"), mail="ben.admin@contoso.example")
    scene.graph.accounts["ben.admin@contoso.example"] = (other,)
    name_in_people_file(scene, ListedPerson(("UBEN",), "Ben", ("ben.admin@contoso.example",)))
    assert await refused(scene, asked, "UBEN", Refusal.ACCOUNT_UNKNOWN)


async def test_a_display_name_that_imitates_a_signers_signs_nothing(scene, asked):
    hire(scene, "UEVE")
    scene.slack.people["UEVE"] = replace(scene.slack.people["UEVE"], name=scene.slack.people["UBEN"].name)
    assert await refused(scene, asked, "UEVE", Refusal.NOT_AN_APPROVER)


ADMINISTRATOR = Role("194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator")


@pytest.mark.parametrize("wanted", ["security administrator", ADMINISTRATOR.template_id])
async def test_a_signer_needs_one_of_the_roles_that_the_policy_names(scene, asked, wanted):
    scene.tenant.policy = replace(scene.tenant.policy, signer_roles=("Global Administrator", wanted))
    scene.graph.role_report = RoleReport({"account-of-UCARA": (ADMINISTRATOR,)})
    assert await refused(scene, asked, "UBEN", Refusal.ROLE_MISSING)
    await scene.press(APPROVE, "UCARA", asked.id)
    assert scene.request(asked).state is RequestState.APPROVED


async def test_roles_that_can_not_be_read_refuse(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, signer_roles=("Security Administrator",))
    scene.graph.failing["roles"] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    assert await refused(scene, asked, "UBEN", Refusal.ROLE_UNREADABLE)


async def test_roles_of_which_groups_were_not_read_refuse_with_that_reason(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, signer_roles=("Security Administrator",))
    scene.graph.role_report = RoleReport({}, problem="groups may not be read")
    assert await refused(scene, asked, "UBEN", Refusal.ROLE_UNREADABLE)


def clear_in_another_run(scene, user, *, action=Action.CONFIRM_SAFE, verified_at, request_id):
    """A run that took this user out of the risk, and saw it."""
    other = run(id_="d" * 32, request_id=request_id, state=RunState.DONE)

    def make(tx):
        tx.runs.add_run(other, [user])
        tx.runs.keep_intent(other, Intent("e" * 32, other.id, 1, action, (user,), verified_at, 1))
        tx.outcomes.keep_outcomes(
            other, [Outcome(user, OutcomeState.VERIFIED, sent_at=verified_at, verified_at=verified_at)]
        )

    scene.look(make)


@pytest.mark.parametrize(
    ("action", "after", "may"),
    [
        (Action.CONFIRM_SAFE, 1, True),
        (Action.DISMISS_RISK, 1, True),
        (Action.REVOKE_SESSIONS, 1, False),
        (Action.CONFIRM_SAFE, -1, False),
    ],
)
async def test_a_verified_clearing_since_the_plan_ends_the_conflict_and_nothing_else_does(
    scene, asked, action, after, may
):
    earlier = replace(asked, id="c" * 32, state=RequestState.REJECTED)
    scene.look(lambda tx: tx.requests.add_request(earlier))
    scene.graph.accounts["uben@contoso.example"] = (directory_user("ada", "uben@contoso.example"),)
    scene.graph.risky["ada"] = risky("ada", state="confirmedSafe")
    at = asked.created_at + after
    clear_in_another_run(scene, "ada", action=action, verified_at=at, request_id=earlier.id)
    await scene.press(APPROVE, "UBEN", asked.id)
    assert (scene.request(asked).state is RequestState.APPROVED) == may


async def test_a_clearing_that_did_not_last_ends_no_conflict(scene, asked):
    earlier = replace(asked, id="c" * 32, state=RequestState.REJECTED)
    scene.look(lambda tx: tx.requests.add_request(earlier))
    scene.graph.accounts["uben@contoso.example"] = (directory_user("ada", "uben@contoso.example"),)
    scene.graph.risky["ada"] = risky("ada")
    clear_in_another_run(scene, "ada", verified_at=asked.created_at + 1, request_id=earlier.id)
    assert await refused(scene, asked, "UBEN", Refusal.AMONG_THE_FLAGGED)


@pytest.mark.parametrize("band", [Band.INCONCLUSIVE, Band.CONFLICTING, Band.STRONGLY_ATTACK])
async def test_evidence_that_got_worse_refuses_the_signature_and_ends_the_request(scene, asked, band):
    scene.weigh(band)
    await scene.press(APPROVE, "UBEN", asked.id)
    assert (scene.request(asked).state, scene.run_of(asked)) == (RequestState.SUPERSEDED, None)
    assert scene.refusals() == [("UBEN", Refusal.EVIDENCE_WORSE)]
    assert len(scene.written(Event.REQUEST_SUPERSEDED)) == 1


async def test_evidence_that_got_better_does_not(scene, asked_of_two):
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    await scene.press(APPROVE, "UBEN", asked_of_two.id)
    await scene.press(APPROVE, "UCARA", asked_of_two.id)
    assert scene.request(asked_of_two).state is RequestState.APPROVED


async def test_in_a_channel_shared_with_outsiders_nothing_can_be_asked_for(scene):
    scene.flag("ada")
    scene.slack.shared_outside.add(scene.tenant.channel)
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", action="Confirm safe", cohorts=("cloud-only",), reason="x")
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.SHARED_OUTSIDE)])


async def test_a_channel_of_which_slack_does_not_tell_who_is_in_it_takes_no_request(scene):
    scene.flag("ada")
    scene.slack.failing["is_shared_outside"] = SlackError("ratelimited")
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", action="Confirm safe", cohorts=("cloud-only",), reason="x")
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.TRY_AGAIN)])
