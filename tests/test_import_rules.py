"""The picture of ARCHITECTURE.md holds: each import against it is refused by lint-imports, which here it really is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FORBIDDEN = {
    # the core: values in, values out, each knowing only the earlier
    "bot.watch.surge": ("bot.decide.plan", "bot.store.tables", "bot.ports.graph", "time", "asyncio"),
    "bot.decide.quorum": ("bot.act.run", "bot.operations.tenant", "secrets", "random"),
    "bot.act.canary": ("bot.record.ledger", "bot.settings.options", "uuid"),
    "bot.record.ledger": ("bot.store.leases", "bot.slack.team", "structlog", "sqlalchemy"),
    # what is needed from outside knows nobody who gives it
    "bot.ports.graph": ("bot.graph.door", "bot.store.database", "httpx"),
    # one memory, which alone knows SQL
    "bot.store.leases": ("bot.operations.bells", "bot.graph.pacer", "bot.settings.options"),
    # use cases: no door, no clock, no chance, no wire, no SQL
    "bot.operations.watching.poll_tenant": ("bot.graph.door", "sqlalchemy", "time", "httpx"),
    "bot.operations.running.carry_run": ("bot.slack.door", "random", "aiohttp", "slack_sdk"),
    "bot.operations.approving.cast_vote": ("bot.process.app", "msgraph", "secrets"),
    # ... and a chain that runs one way
    "bot.operations.watching.track_surges": ("bot.operations.running.carry_run",),
    "bot.operations.reading.keep_directory": ("bot.operations.planning.draft_plan",),
    "bot.operations.planning.draft_plan": ("bot.operations.briefing.brief_surge",),
    "bot.operations.briefing.brief_surge": ("bot.operations.approving.cast_vote",),
    "bot.operations.approving.make_request": ("bot.operations.running.steer_run",),
    "bot.operations.running.steer_run": ("bot.operations.delivering.refuse_click",),
    "bot.operations.delivering.send_cards": ("bot.operations.doctor.check",),
    "bot.operations.doctor.check": ("bot.operations.delivering.account_for",),
    # doors know the core and their port
    "bot.slack.team": ("bot.graph.pacer", "bot.store.cards", "bot.operations.tenant", "bot.breach.door", "azure"),
    "bot.graph.pacer": ("bot.slack.team", "bot.store.leases", "slack_sdk", "bot.settings.values"),
    "bot.breach.door": ("bot.graph.pacer", "bot.store.leases", "bot.operations.tenant"),
    # settings know the core; only the process wires; only commands stand above it
    "bot.settings.values": ("bot.store.database", "bot.process.app", "bot.graph.door"),
    "bot.process.health": ("bot.cli", "bot.commands.terminal", "slack_bolt", "msgraph", "alembic"),
    "bot.commands.terminal": ("bot.cli", "sqlalchemy", "kiota_abstractions"),
    # the invented world is outside
    "sim.stage": ("bot.watch.risk", "slack_sdk", "msgraph"),
    "bot.cli": ("sim.demo", "psycopg"),
}


def lint(folder: Path) -> tuple[int, str]:
    found = subprocess.run(
        [shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports", "--no-cache"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "COLUMNS": "1000", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.returncode, found.stdout + found.stderr


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports says of a copy of the house in which every forbidden import was made."""
    house = tmp_path_factory.mktemp("house")
    for package in ("bot", "sim"):
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    for module, imported in FORBIDDEN.items():
        path = house / (module.replace(".", "/") + ".py")
        path.write_text(path.read_text() + "".join(f"\nimport {each}" for each in imported) + "\n")
    code, said = lint(house)
    assert code == 1
    return re.sub(r"\s+", " ", said)


def test_the_house_keeps_its_own_rules() -> None:
    code, said = lint(ROOT)
    assert code == 0, said


@pytest.mark.parametrize(("module", "imported"), [(module, each) for module in FORBIDDEN for each in FORBIDDEN[module]])
def test_an_import_against_the_picture_is_refused(refused: str, module: str, imported: str) -> None:
    package = imported if imported.startswith(("bot", "sim")) else imported.split(".", maxsplit=1)[0]
    assert re.search(rf"{re.escape(module)} -> {re.escape(package)} \(l\.\d+\)", refused)
