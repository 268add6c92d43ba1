"""What the parts of one tenant's door share."""

from collections.abc import Mapping

from bot.graph.batches import ById
from bot.graph.calls import GraphCalls
from bot.graph.endpoints import Family
from bot.graph.lists import Lists
from bot.graph.pacer import Pacer
from bot.graph.transport import Transport
from bot.ports.world import World


class Tenancy:
    """One tenant: its calls and lists, and one pacer an API family. Belongs to one event loop."""

    def __init__(
        self,
        *,
        tenant_id: str,
        transport: Transport,
        first_delay: float,
        pacers: Mapping[Family, Pacer],
        world: World,
    ) -> None:
        self._tenant_id = tenant_id
        self._transport = transport
        self._pacers = pacers
        self._world = world
        self._client = transport.requests
        self._calls = GraphCalls(transport, pacers, world, tenant_id, first_delay)
        self._lists = Lists(self._calls, transport.base_url, tenant_id)
        self._by_id = ById(self._calls, self._lists, self._client, world)
