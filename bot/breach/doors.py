"""One door a key: tenants with the same key take turns at the same pace."""

from bot.breach.door import BreachDoor
from bot.ports.world import World


class BreachDoors:
    """Opens the doors that tenants need, each once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._opened: dict[tuple[str, str], BreachDoor] = {}

    def open(self, *, url: str, key: str, per_minute: int) -> BreachDoor | None:
        """The door behind this key, opened or not; None without a key. The pace is the one named first."""
        if not key:
            return None
        if (url, key) not in self._opened:
            self._opened[url, key] = BreachDoor(url=url, key=key, per_minute=per_minute, world=self._world)
        return self._opened[url, key]

    async def close(self) -> None:
        """Close them all."""
        for door in self._opened.values():
            await door.close()
