"""The stage: the invented tenant and workspace in this process, and the bot as a child process beside them.

The child gets the public environment and nothing else. When it dies it is started again, as any host would do.
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sim.tenant import Faults, Limits, Tenant, TenantServer, april_2025
from sim.workspace import Workspace, WorkspaceServer, contoso
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS

TOKEN_BYTES = 24
REPORTS_A_SECOND = 0.5
"""Microsoft's limit at scale 1: five in ten seconds."""
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SYSTEMROOT", "COVERAGE_PROCESS_START")


@dataclass(slots=True)
class Pace:
    """How fast the story goes. `scale` makes the services' limits, and the bot's pace, that many times faster."""

    users: int = 3000
    scale: float = 1.0
    poll_seconds: int = 15
    resend_seconds: int = 15
    processing_seconds: tuple[float, float] = (2.0, 8.0)
    tail_seconds: float = 60.0
    early_seconds: float = 0.010
    """By how much a request may come early whatever the scale: a machine's noise does not go faster with the limits."""


@dataclass(slots=True)
class Stage:
    """Tenant, workspace and bot. `async with Stage(...)` starts all three and ends them."""

    pace: Pace = field(default_factory=Pace)
    port: int = 0
    say: Callable[[str], None] = lambda _line: None
    log_file: Path | None = None
    """Where the bot's log goes; None: a file in the stage's folder."""
    environment: dict[str, str] = field(default_factory=dict)
    """More variables for the bot, or others than the stage would set."""
    program: str = "bot"
    """The module that is run as the bot: another one may listen to it."""
    prepare: Callable[[Path], None] = lambda _folder: None
    """Called with the bot's data folder before the bot is started for the first time."""
    replicas: int = 1
    """How many processes of the bot run side by side."""
    faults: Faults = field(default_factory=Faults)
    restarts: int = 0
    tenant: Tenant = field(init=False)
    workspace: Workspace = field(init=False)
    graph: TenantServer = field(init=False)
    slack: WorkspaceServer = field(init=False)
    bots: list[asyncio.subprocess.Process | None] = field(init=False)
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)
    _ending: bool = False
    _token: str = field(default_factory=lambda: os.urandom(TOKEN_BYTES).hex())

    def __post_init__(self) -> None:
        self.bots = [None] * self.replicas
        self.tenant = april_2025(
            datetime.now(UTC),
            users=self.pace.users,
            processing_seconds=self.pace.processing_seconds,
            tail_seconds=self.pace.tail_seconds,
        )
        self.workspace = contoso()
        limits = Limits(scale=self.pace.scale, tolerance_floor=self.pace.early_seconds)
        self.graph = TenantServer(self.tenant, limits=limits, faults=self.faults, access_token=self._token)
        self.slack = WorkspaceServer(self.workspace, scale=max(1.0, self.pace.scale))

    async def __aenter__(self) -> Self:
        """Start the services, then the bot."""
        self._folder = tempfile.TemporaryDirectory(prefix="countersign-demo-")
        self.prepare(self.folder)
        await self.graph.start()
        await self.slack.start(port=self.port)
        self._keepers = [asyncio.create_task(self._keep_bot(number)) for number in range(self.replicas)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the bot, then the services."""
        self._ending = True
        for number in range(len(self.bots)):
            self.signal_bot(signal.SIGCONT, number)
            self.signal_bot(signal.SIGTERM, number)
        await asyncio.gather(*self._keepers)
        await self.slack.stop()
        await self.graph.stop()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """The bot's data folder."""
        if self._folder is None:
            raise RuntimeError("the stage is not up")
        return Path(self._folder.name)

    @property
    def log_path(self) -> Path:
        """Where the bot's log is."""
        return self.log_file or self.folder / "bot.log"

    @property
    def bot(self) -> asyncio.subprocess.Process | None:
        """The first process of the bot, or the only one."""
        return self.bots[0]

    def add_replica(self) -> None:
        """One more process of the bot beside the others."""
        self.bots.append(None)
        self._keepers.append(asyncio.create_task(self._keep_bot(len(self.bots) - 1)))

    def kill_bot(self, number: int = 0) -> None:
        """Send SIGKILL, as a host does that runs out of memory."""
        self.signal_bot(signal.SIGKILL, number)

    def signal_bot(self, sent: signal.Signals, number: int = 0) -> None:
        """Send a signal to one process of the bot, if it lives."""
        bot = self.bots[number]
        if bot is not None and bot.returncode is None:
            bot.send_signal(sent)

    def bot_environment(self) -> dict[str, str]:
        """The public environment of the bot."""
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return (
            passed_on
            | {
                "SLACK_BOT_TOKEN": self.workspace.bot_token,
                "SLACK_APP_TOKEN": self.workspace.app_token,
                "SLACK_API_URL": self.slack.api_url,
                "SLACK_CHANNEL": IDENTITY_ALERTS,
                "GRAPH_URL": self.graph.url,
                "GRAPH_ACCESS_TOKEN": self._token,
                "AZURE_TENANT_ID": "contoso.example",
                "COUNTERSIGN_REQUESTERS": f"{ADA},{GRACE}",
                "COUNTERSIGN_APPROVERS": f"{ADA},{GRACE}",
                "COUNTERSIGN_POLL_INTERVAL": f"{self.pace.poll_seconds}s",
                "COUNTERSIGN_RESEND_AFTER": f"{self.pace.resend_seconds}s",
                "COUNTERSIGN_IDENTITY_PROTECTION_RPS": str(self.pace.scale),
                "COUNTERSIGN_REPORTS_RPS": str(REPORTS_A_SECOND * self.pace.scale),
                "COUNTERSIGN_DATA_DIR": str(self.folder),
                "COUNTERSIGN_HTTP_PORT": "0",
            }
            | self.environment
        )

    async def _keep_bot(self, number: int) -> None:
        """Start a process of the bot, and start it again whenever it dies before the end."""
        while not self._ending:
            with self.log_path.open("ab") as log:
                bot = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", self.program, "run", env=self.bot_environment(), stdout=log, stderr=log
                )
            self.bots[number] = bot
            status = await bot.wait()
            if not self._ending:
                self.restarts += 1
                self.say(f"The bot died ({status}) and is started again.")
                await asyncio.sleep(0.2)
