"""Who is stopped from signing in: after the flag alone, once each, and whatever order the log comes in."""

from hypothesis import given
from hypothesis import strategies as st

from bot.watch.durations import WEEK
from bot.watch.impact import Impact, ImpactReading, impact_figures, usual_blocks
from bot.watch.sign_ins import BLOCKED, STUCK, SignIn

FLAGS = {"ada": 100, "bob": 100, "cy": 200}


def sign_in(number, user="ada", *, at=150, code=53003):
    return SignIn(f"s{number}", user, at, code, "192.0.2.7", "Office", "none")


def read(*pages, known=None, counted_until=None, cleared_at=None):
    reading = ImpactReading(FLAGS, known, counted_until=counted_until, cleared_at=cleared_at)
    for page in pages:
        reading.take(page)
    return reading.changed()


def figures(impacts, *, usual=None, until=1_000, cleared_at=None):
    return impact_figures(impacts, flagged_at=FLAGS, usual=usual, read_until=until, cleared_at=cleared_at)


def test_only_flagged_users_are_counted_and_only_after_their_flag():
    page = [sign_in(1, at=99), sign_in(2, at=100), sign_in(3, "cy", at=150), sign_in(4, "eve")]
    assert read(page) == {"ada": Impact("ada", 100, 100, 1)}


def test_each_blocking_code_blocks_and_each_prompt_is_named_by_its_code():
    for code in BLOCKED:
        assert read([sign_in(1, code=code)])["ada"].blocks == 1
    for code in STUCK:
        stuck = read([sign_in(1, code=code)])["ada"]
        assert (stuck.stuck_code, stuck.stuck_since, stuck.blocks) == (code, 150, 0)


def test_wrong_passwords_and_successes_stop_nobody():
    assert read([sign_in(1, code=50126), sign_in(2, code=0), sign_in(3, code=50053)]) == {}


SIGN_INS = st.lists(
    st.builds(
        sign_in,
        st.integers(0, 10_000),
        st.sampled_from(["ada", "bob", "cy", "eve"]),
        at=st.integers(0, 400),
        code=st.sampled_from([0, 53003, 53011, 50142, 53004, 50126]),
    ),
    unique_by=lambda each: each.id,
)


@given(SIGN_INS, st.data())
def test_order_pages_and_repetition_change_nothing(found, data):
    shuffled = data.draw(st.permutations(found))
    cut = data.draw(st.integers(0, len(found)))
    assert read(shuffled[:cut], shuffled[cut:], found) == read(sorted(found, key=lambda each: each.at))


@given(SIGN_INS, st.integers(0, 400))
def test_two_readings_that_overlap_count_no_block_twice(found, until):
    whole = read(found)
    first = read([each for each in found if each.at <= until])
    second = {**first, **read(found, known=first, counted_until=until)}
    assert {user: each.blocks for user, each in second.items()} == {user: each.blocks for user, each in whole.items()}
    assert {user: each.blocked_since for user, each in second.items()} == {
        user: each.blocked_since for user, each in whole.items()
    }


def test_a_late_entry_moves_the_first_block_and_is_counted_at_least_once():
    known = {"ada": Impact("ada", 300, 300, 1)}
    late = read([sign_in(1, at=200), sign_in(2, "bob", at=200)], known=known, counted_until=300)
    assert (late["ada"].blocked_since, late["ada"].blocks) == (200, 1)
    assert late["bob"].blocks == 1


def test_the_first_success_counts_after_the_last_stop_and_after_the_clean_up():
    page = [
        sign_in(1, at=150),
        sign_in(2, at=160, code=0),
        sign_in(3, at=170),
        sign_in(4, at=180, code=0),
        sign_in(5, at=400, code=0),
        sign_in(6, at=500, code=0),
    ]
    assert read(page)["ada"].succeeded_at == 180
    assert read(page, cleared_at={"ada": 300})["ada"].succeeded_at == 400


def test_a_block_after_a_success_takes_the_success_back():
    known = {"ada": Impact("ada", 150, 150, 1, succeeded_at=180)}
    assert read([sign_in(1, at=190)], known=known, counted_until=180)["ada"].succeeded_at is None


def test_nothing_is_to_be_kept_where_nothing_changed():
    known = {"ada": Impact("ada", 150, 150, 1)}
    assert read([sign_in(1)], known=known, counted_until=150) == {}


def test_figures_count_people_not_attempts():
    impacts = read([sign_in(n) for n in range(9)], [sign_in(20, "bob", code=50142)])
    found = figures(impacts)
    assert (found.blocked, found.attempts, found.stuck, found.still) == (1, 9, 1, 2)
    assert found.stuck_by_code == ((50142, 1),)
    assert (found.since, found.last) == (150, 150)


def test_whoever_got_in_since_is_stuck_no_more_but_was_blocked():
    stuck = read(
        [sign_in(1, code=50142), sign_in(2, at=160, code=0), sign_in(3, "bob"), sign_in(4, "bob", at=160, code=0)]
    )
    found = figures(stuck)
    assert (found.blocked, found.stuck, found.still, found.stuck_by_code) == (1, 0, 0, ())


def test_who_met_a_block_in_the_same_hours_a_week_before_is_taken_off():
    impacts = {user: Impact(user, 300, 300, 1) for user in FLAGS}
    within, before, after = 150 - WEEK, 99 - WEEK, 401 - WEEK
    for times, usual in (([within], 1), ([within, within + 1], 1), ([before], 0), ([after], 0)):
        found = figures(impacts, usual={"ada": times, "stranger": [within]}, until=400)
        assert (found.usual, found.blocked) == (usual, 3 - usual)
    assert figures(impacts, usual=dict.fromkeys(FLAGS, (200 - WEEK,)), until=400).blocked == 0


def test_last_weeks_blocks_of_others_codes_and_repetitions_are_not_the_usual():
    page = [sign_in(1, "eve"), sign_in(2, code=53011), sign_in(4, at=160), sign_in(3), sign_in(3)]
    assert usual_blocks(page, {"ada"}) == {"ada": [150, 160]}


def test_where_last_week_was_not_read_nothing_is_taken_off_and_the_figure_says_so():
    found = figures({"ada": Impact("ada", 300, 300, 1)})
    assert (found.blocked, found.usual) == (1, None)


def test_what_goes_on_after_the_clean_up_is_told_from_what_went_before():
    impacts = {
        "ada": Impact("ada", 150, 900, 3),
        "bob": Impact("bob", 150, 200, 1, succeeded_at=600),
        "cy": Impact("cy", 250, 300, 1),
    }
    found = figures(impacts, cleared_at={"ada": 500, "bob": 500, "stranger": 500})
    assert (found.cleared, found.blocked_after, found.succeeded_after) == (2, 1, 1)


def test_a_success_after_the_clean_up_is_kept_of_users_who_were_never_stopped_too():
    page = [sign_in(1, at=400, code=0), sign_in(2, "bob", at=400, code=0)]
    found = read(page, cleared_at={"ada": 300})
    assert found == {"ada": Impact("ada", succeeded_at=400)}
    assert figures(found, cleared_at={"ada": 300}).succeeded_after == 1
    assert figures(found, cleared_at={"ada": 500}).succeeded_after == 0


def test_users_who_left_the_surge_are_not_counted():
    assert figures({"eve": Impact("eve", 300, 300, 1)}).blocked == 0
