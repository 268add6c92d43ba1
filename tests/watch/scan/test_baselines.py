from bot.watch.detector import Flag
from bot.watch.durations import DAY, HOUR
from bot.watch.scan.baselines import Baselines
from bot.watch.scan.new_flags import NewFlags
from bot.watch.scan.rules import Rules

TODAY = 20_060


def flags(first, last, a_day=2):
    times = [day * DAY + n * HOUR for day in range(first, last) for n in range(a_day)]
    return [Flag(str(time), f"user{time}", "leaked", time, time) for time in times]


def fitted(*batches, users=5_000):
    new_flags = NewFlags()
    baselines = Baselines(new_flags, users, Rules())
    for batch in batches:
        for change in new_flags.observe(batch):
            baselines.changed(change.number, change.time)
        baselines.of(0, TODAY)
    return baselines


def test_flags_that_come_late_change_what_was_usual():
    early, late = flags(TODAY - 50, TODAY - 10), flags(TODAY - 10, TODAY, a_day=9)
    assert fitted(early, late).of(0, TODAY) == fitted(early + late).of(0, TODAY)


def test_yesterday_and_today_do_not_count_towards_what_is_usual():
    before = flags(TODAY - 50, TODAY - 1)
    assert fitted(before, flags(TODAY - 1, TODAY + 1, a_day=24)).of(0, TODAY) == fitted(before).of(0, TODAY)


def test_fifty_six_days_less_the_last_are_looked_at():
    assert fitted(flags(TODAY - 100, TODAY)).of(0, TODAY).days == 55


def test_in_the_first_days_yesterday_counts():
    assert fitted(flags(TODAY - 3, TODAY)).of(0, TODAY).days == 2


def test_a_new_size_moves_the_prior():
    baselines = fitted(flags(TODAY - 3, TODAY))
    before = baselines.of(0, TODAY).rate
    baselines.resize(500_000)
    assert baselines.of(0, TODAY).rate > before


def test_an_unknown_size_is_guessed_from_how_many_are_flagged_a_day():
    baselines = fitted(flags(TODAY - 50, TODAY), users=None)
    assert not baselines.size_known
    assert baselines.users(TODAY) == 2_000
