"""The benchmark itself can be trusted: its tenants repeat, its truth is true, its contenders do what they say."""

import pytest

np = pytest.importorskip("numpy")

from bot.watch.scan.rules import Rules  # noqa: E402 -- after the check for numpy
from tests.bench.surge import plan  # noqa: E402
from tests.bench.surge.contenders import DEFAULTS, TUNABLE, alarms, newly_flagged, outcome  # noqa: E402
from tests.bench.surge.tenants import DAY, HOUR, NEW_YEAR, Detections, make_tenant  # noqa: E402
from tests.bench.surge.waves import add_wave  # noqa: E402


def test_the_same_seed_makes_the_same_tenant():
    one, other = (make_tenant(np.random.default_rng(7), 500, 90) for _ in range(2))
    assert (one.detections.detected == other.detections.detected).all()
    assert (one.detections.visible >= one.detections.detected).all()


def test_a_wave_is_what_it_says():
    chance = np.random.default_rng(7)
    tenant = make_tenant(chance, 5_000, 62)
    start = NEW_YEAR + 57 * DAY
    detections, wave = add_wave(chance, tenant, share=0.05, start=start, span=5 * HOUR)
    assert len(wave.users) == 250
    assert start <= wave.start <= wave.end < start + 5 * HOUR
    assert len(detections) == len(tenant.detections) + 250


def test_only_the_first_flag_in_a_day_is_newly_flagged():
    times = NEW_YEAR + np.array([0, 5, 23, 48]) * HOUR
    flagged = Detections(np.zeros(4, int), np.zeros(4, int), times, times)
    assert newly_flagged(flagged).detected.tolist() == [times[0], times[3]]


@pytest.mark.parametrize("contender", [*DEFAULTS, *(one for some in TUNABLE.values() for one in some[:1])])
def test_every_contender_finds_a_third_of_a_tenant(contender):
    chance = np.random.default_rng(7)
    tenant = make_tenant(chance, 5_000, 62)
    detections, wave = add_wave(chance, tenant, share=0.33, start=NEW_YEAR + 57 * DAY + 2 * HOUR, span=5 * HOUR)
    found = alarms(contender, detections, 5_000, NEW_YEAR, NEW_YEAR + 62 * DAY)
    assert outcome(found, wave, 5_000).found


def test_the_scan_finds_the_waves_of_the_plan():
    trials = list(plan.waves(plan.CHOOSING, plan.WAVE, {5_000: 4}, Rules()))
    assert all(one.scan.found and one.scan.start_off <= 10 for one in trials)
