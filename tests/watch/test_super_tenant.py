import pytest

from bot.watch.durations import DAY, HOUR
from bot.watch.super_tenant import SuperTenant
from tests.watch.streams import at, flag, polls


def observed(tenants, hit):
    wide = SuperTenant({f"tenant{n}": 50 for n in range(tenants)})
    opened = None
    for now in polls(at(days=-20), at(days=1)):
        for n in range(tenants):
            wide.observe(f"tenant{n}", [one for one in hit(n) if now - HOUR // 6 < one.visible_at <= now])
        if wide.scan(now) and opened is None:
            opened = now
    return wide.scan(at(days=1)), opened


def three_users_each(n):
    return [flag(f"user{k}", at(hours=4 + k, minutes=n)) for k in range(3)]


def test_a_wave_too_small_in_each_of_sixty_tenants_shows_in_their_sum():
    (surge,), opened = observed(60, three_users_each)
    assert opened <= at(hours=4, minutes=30)
    assert len(surge.detected.users) == 180
    assert surge.users_by_tenant["tenant7"] == 3


def test_a_surge_of_one_tenant_is_not_told_as_one_of_many():
    surges, _ = observed(10, lambda n: [flag(f"u{k}", at(hours=4, minutes=k)) for k in range(30)] if n == 0 else [])
    assert surges == ()


def test_three_tenants_are_no_super_tenant():
    surges, _ = observed(3, lambda n: [flag(f"u{k}", at(hours=4, minutes=k)) for k in range(30)])
    assert surges == ()


def test_a_tenant_may_join():
    wide = SuperTenant({"one": 50, "two": 50, "three": 50})
    wide.resize("four", 50)
    for name in ("one", "two", "three", "four"):
        wide.observe(name, [flag(f"u{k}", at(minutes=k)) for k in range(20)])
    assert len(wide.scan(at(hours=1))) == 1


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="at least one user"):
        SuperTenant({"one": 0})


def test_a_clean_up_in_one_tenant_counts_for_the_sum():
    wide = SuperTenant(dict.fromkeys(("one", "two", "three", "four"), 50))
    for name in ("one", "two", "three", "four"):
        wide.observe(name, [flag(f"u{k}", at(minutes=k)) for k in range(20)])
    wide.scan(at(hours=1))
    wide.scan(at(hours=12))
    for name in ("one", "two", "three", "four"):
        for k in range(20):
            wide.forgive(name, f"u{k}", at(hours=12))
        wide.observe(name, [flag(f"u{k}", at(days=4, minutes=k)) for k in range(20)])
    assert len(wide.scan(at(days=4) + DAY // 24)) == 2
