"""Whatever is read of risky users is kept: the next plan and briefing rest on the newest reading."""

from bot.operations.tenant import Tenant
from bot.ports.graph import Page
from bot.watch.risk import RiskyUser


async def keep_risky_users(tenant: Tenant, page: Page[RiskyUser]) -> None:
    """Keep a page of risky users with the time it was read."""
    await tenant.transact_as_holder(lambda tx: tx.directory.keep_risky(tenant.id, page.items, page.read_at))
