"""python -m tests.bench.surge: measures everything and writes docs/surge-benchmark.md. --quick tries a tenth."""

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.watch.scan.rules import Rules
from tests.bench.surge import plan as plans
from tests.bench.surge.contenders import DEFAULTS, TUNABLE, Contender
from tests.bench.surge.plan import CHOOSING, REPORTING, Kind, Trial
from tests.bench.surge.report import Contest, Figures, write_page
from tests.bench.surge.tenants import DAY, LEAKED, NEW_YEAR, make_tenant
from tests.bench.surge.trials import live_through, quiet
from tests.bench.surge.waves import add_wave

PAGE = Path(__file__).parents[3] / "docs" / "surge-benchmark.md"
SENSITIVITIES = (0.01, 0.1, 1.0, 10.0)
RULES = Rules()
EAGER_RULES = Rules(sensitivity=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.surge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials, and no page")
    quick = parser.parse_args().quick
    started = time.monotonic()

    def some(plan: dict[int, int]) -> dict[int, int]:
        return {users: -(-count // 10) for users, count in plan.items()} if quick else plan

    contenders = _choose(some)
    quiet_years = _quiet(some, contenders)
    contests = _contests(some, contenders)
    first_days = {
        lead: list(plans.waves(REPORTING, plans.WAVE, some({500: 20, 5_000: 20, 20_000: 10}), RULES, lead=lead))
        for lead in (0, 1, 3, 7, 13)
    }
    say("waves without history")
    figures = Figures(
        quiet_years=quiet_years,
        contests=contests,
        fifty=list(plans.waves(REPORTING, plans.GREAT_WAVE, some({50: 100}), RULES)),
        small_sprays=list(plans.waves(REPORTING, plans.SLOW_SPRAY, some({500: 40, 1_000: 40}), RULES)),
        first_days=first_days,
        first_month=[
            len(one.opened)
            for _, one in plans.quiet_years(
                REPORTING, some(dict.fromkeys([50, 200, 500, 1_000, 5_000, 20_000], 25)), RULES, 30
            )
        ],
        wide=[plans.over_many_tenants(REPORTING + n, 60, 50, 0.05)[:2] for n in range(2 if quick else 15)],
        wide_years=[
            plans.quiet_year_of_many(REPORTING + n, 60, 50, 30 if quick else 365) for n in range(1 if quick else 4)
        ],
        costs=_costs(),
        sensitivities=_sensitivities(some),
    )
    text = write_page(figures)
    print(text)
    if not quick:
        PAGE.write_text(text)
    say("done", started)


def say(what: str, since: float | None = None) -> None:
    spent = f" after {time.monotonic() - since:.0f} s" if since is not None else ""
    print(f"{time.strftime('%H:%M:%S')} {what}{spent}", file=sys.stderr, flush=True)


def _choose(some) -> tuple[Contender, ...]:
    tenants = list(plans.quiet_tenants(CHOOSING, some({50: 10, 200: 10, 500: 10, 1_000: 10, 5_000: 10, 20_000: 6})))
    chosen = tuple(plans.tuned(candidates, tenants) for candidates in TUNABLE.values())
    say("contenders tuned: " + "; ".join(one.name for one in chosen))
    return DEFAULTS + chosen


def _quiet(some, contenders) -> dict[str, dict[int, list[int]]]:
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for tenant in plans.quiet_tenants(REPORTING, some(plans.QUIET_YEARS)):
        counts["window scan"][tenant.users].append(len(quiet(tenant, RULES).opened))
        counts[plans.EAGER][tenant.users].append(len(quiet(tenant, EAGER_RULES).opened))
        for one in contenders:
            counts[one.name][tenant.users].append(len(plans.false_alarms(one, tenant)))
    say("quiet years")
    return counts


def _contests(some, contenders) -> dict[Kind, Contest]:
    tried: dict[Kind, Contest] = {}
    for kind, plan in (
        (plans.WAVE, plans.FAST),
        (plans.GREAT_WAVE, plans.FAST),
        (plans.BURST, plans.FAST),
        (plans.SLOW_RISE, {500: 60, 1_000: 40, 5_000: 40, 20_000: 20}),
        (plans.SLOW_SPRAY, {5_000: 120, 20_000: 60}),
    ):
        trials: list[Trial] = list(
            plans.waves(REPORTING, kind, some(plan), RULES, contenders=contenders, eager=EAGER_RULES)
        )
        by_name = {"window scan": [one.scan for one in trials]}
        for name in trials[0].others:
            by_name[name] = [trial.others[name] for trial in trials]
        tried[kind] = by_name
        say(kind.name)
    return tried


def _costs() -> dict[str, np.ndarray]:
    """Milliseconds of CPU a poll, at 300,000 users: in quiet weeks, and around a wave of 20,000."""
    chance = np.random.default_rng([REPORTING, 300_000])
    tenant = make_tenant(chance, 300_000, 62)
    calm = quiet(tenant, RULES).costs
    detections, wave = add_wave(
        chance, tenant, share=20_000 / 300_000, start=NEW_YEAR + 57 * DAY, span=5 * 3_600_000_000
    )
    stormy: list[float] = []
    live_through(tenant, detections, wave, LEAKED, RULES, stormy)
    say("cost of a poll")
    return {"62 quiet days": calm, "a wave of 20,000 users, a day before and after": np.array(stormy)}


def _sensitivities(some) -> dict[float, tuple[float, float, float, float]]:
    """For each choice: false alarms a tenant-year; waves of 5 % at 5,000 users told of within a poll of the gate;
    median minutes from the gate to the alarm; slow rises found at 500 users.
    """
    price = {}
    for sensitivity in SENSITIVITIES:
        rules = replace(RULES, sensitivity=sensitivity)
        years = [
            len(one.opened)
            for _, one in plans.quiet_years(REPORTING, some(dict.fromkeys([50, 500, 1_000, 5_000, 20_000], 15)), rules)
        ]
        fast = [one.scan for one in plans.waves(REPORTING, plans.WAVE, some({5_000: 150}), rules)]
        slow = [one.scan for one in plans.waves(REPORTING, plans.SLOW_RISE, some({500: 60}), rules)]
        after = [one.after_gate if one.after_gate is not None else np.inf for one in fast]
        price[sensitivity] = (
            float(np.mean(years)),
            float(np.mean([one <= 10 for one in after])),
            float(np.median(after)),
            float(np.mean([one.found for one in slow])),
        )
        say(f"sensitivity {sensitivity:g}")
    return price


if __name__ == "__main__":
    main()
