"""Read what Microsoft says of its own service around a surge. No advisory is no evidence: it may come a day later."""

import msgspec

from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.tenant import Tenant
from bot.watch.announcements import Announcement
from bot.watch.rows.platform import BEFORE
from bot.watch.surge import Surge


class AnnouncementsRead(msgspec.Struct, frozen=True):
    """What was announced since some days before the surge. at in microseconds UTC."""

    at: int
    found: tuple[Announcement, ...]


ANNOUNCEMENTS = SurgeReading("announcements", AnnouncementsRead)


async def read_announcements(tenant: Tenant, surge: Surge) -> None:
    """Raises GraphError; what was kept before stands."""
    started = tenant.world.now()
    found = await tenant.graph.announcements(since=surge.window_start - BEFORE)
    read = AnnouncementsRead(started, found)
    await tenant.transact_as_holder(lambda tx: ANNOUNCEMENTS.keep(tx, surge, read, started))
