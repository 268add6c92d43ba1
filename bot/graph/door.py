"""The door itself: one tenant's Microsoft Graph, as bot.ports.graph asks for it."""

from collections.abc import Mapping

from bot.act.estimate import DIRECTORY_WRITES_A_SECOND
from bot.graph.accounts import AccountsPart
from bot.graph.addresses import checked
from bot.graph.credential import EntraCredential, entra_token, ready_token
from bot.graph.directory import DirectoryPart
from bot.graph.endpoints import (
    ANNOUNCEMENTS_PER_SECOND,
    GUARD,
    IN_RESERVE,
    REPORTS_PER_SECOND,
    Family,
    directory_units_per_second,
)
from bot.graph.examination import ExaminedGraph
from bot.graph.logs import LogsPart
from bot.graph.pacer import Pacer
from bot.graph.rate import Pace
from bot.graph.risk import RiskPart
from bot.graph.roles import RolesPart
from bot.graph.transport import Patience, Transport, keep_addresses_out_of_logs
from bot.ports.world import World


def open_graph(
    *,
    tenant_id: str,
    graph_url: str,
    access_token: str | None,
    world: World,
    requests_per_second: float = 1.0,
    reports_per_second: float = REPORTS_PER_SECOND,
    directory_writes_per_second: float = DIRECTORY_WRITES_A_SECOND,
    patience: Patience | None = None,
) -> "GraphDoor":
    """Open one tenant's Graph. Nothing is sent yet; call it where the event loop runs.

    access_token: for a graph_url on this machine only; elsewhere azure-identity's default chain is used.
    requests_per_second: for Identity Protection, all calls together. reports_per_second and
    directory_writes_per_second: Microsoft's limits, of which a small reserve is kept.
    Raises ValueError where address and token don't fit.
    """
    home = checked(graph_url, has_access_token=access_token is not None)
    keep_addresses_out_of_logs()
    credential = None if access_token is not None else EntraCredential(tenant_id, home)
    authentication = (
        entra_token(credential, tenant_id, home) if credential is not None else ready_token(access_token or "", home)
    )
    rates = {
        Family.IDENTITY_PROTECTION: requests_per_second * (1 - GUARD),
        Family.REPORTS: reports_per_second * (1 - IN_RESERVE),
        Family.DIRECTORY: directory_units_per_second(None),
        Family.DIRECTORY_WRITES: directory_writes_per_second * (1 - IN_RESERVE),
        Family.ANNOUNCEMENTS: ANNOUNCEMENTS_PER_SECOND * (1 - IN_RESERVE),
    }
    now = world.monotonic()
    patience = patience or Patience()
    return GraphDoor(
        tenant_id=tenant_id,
        transport=Transport(home, authentication, patience),
        first_delay=patience.again,
        credential=credential,
        pacers={family: Pacer(Pace(rate, now=now), world.monotonic) for family, rate in rates.items()},
        world=world,
    )


class GraphDoor(RiskPart, DirectoryPart, RolesPart, LogsPart, AccountsPart):
    """Implements bot.ports.graph.Graph. One event loop, one tenant, one pacer an API family."""

    def __init__(
        self,
        *,
        tenant_id: str,
        transport: Transport,
        first_delay: float,
        credential: EntraCredential | None,
        pacers: Mapping[Family, Pacer],
        world: World,
    ) -> None:
        super().__init__(tenant_id=tenant_id, transport=transport, first_delay=first_delay, pacers=pacers, world=world)
        self._credential = credential

    def examination(self) -> ExaminedGraph:
        """The same door for the doctor."""
        return ExaminedGraph(self._transport, self._calls, self._world, self.domains)

    async def close(self) -> None:
        """Give back connections and credentials. Calls that still wait for a slot end with GraphError."""
        for pacer in self._pacers.values():
            pacer.close()
        await self._transport.close()
        if self._credential is not None:
            await self._credential.close()
