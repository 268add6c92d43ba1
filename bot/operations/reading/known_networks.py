"""From which networks users signed in before a surge: an act from another one is new to its user."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.watch.hashed_texts import HashedTexts, hash_of
from bot.watch.sign_in_count import network_of
from bot.watch.sign_ins import SignIn
from bot.watch.surge import Surge


class _Kept(msgspec.Struct, frozen=True):
    users: bytes
    networks: bytes


_NETWORKS = SurgeReading("networks", _Kept)


class SeenSources:
    """Who got in, and from which networks, folded page by page."""

    def __init__(self) -> None:
        self._users: set[int] = set()
        self._networks: set[int] = set()

    def take(self, page: Iterable[SignIn]) -> None:
        """One page; only a success counts."""
        for one in page:
            if one.error_code == 0:
                self._users.add(hash_of(one.user_id))
                if one.ip_address:
                    self._networks.add(hash_of(_pair(one.user_id, network_of(one.ip_address))))

    def users(self) -> HashedTexts:
        """Who got in."""
        return HashedTexts.of(self._users)

    def networks(self) -> HashedTexts:
        """And from which networks."""
        return HashedTexts.of(self._networks)


class Networks(Collection[tuple[str, str]]):
    """(user id, network) of earlier sign-ins. It tells of a pair whether it is there, and can't list them."""

    def __init__(self, hashes: HashedTexts) -> None:
        self._hashes = hashes

    def __contains__(self, pair: object) -> bool:
        return isinstance(pair, tuple) and _pair(*pair) in self._hashes

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def __len__(self) -> int:
        return len(self._hashes)


def _pair(user_id: str, network: str) -> str:
    return f"{user_id} {network}"


def known_networks(tx: Transaction, surge: Surge) -> tuple[HashedTexts, Networks] | None:
    """Whose earlier sign-ins are known, and from which networks they came; None while none were read."""
    kept = _NETWORKS.get(tx, surge)
    if kept is None:
        return None
    users = HashedTexts.unpack(kept.users)
    return (users, Networks(HashedTexts.unpack(kept.networks))) if users else None


async def keep_seen_sources(tenant: Tenant, surge: Surge, seen: SeenSources) -> None:
    """Add what a reading saw."""
    now = tenant.world.now()

    def keep(tx: Transaction) -> None:
        users, networks = seen.users(), seen.networks()
        kept = _NETWORKS.get(tx, surge)
        both = _Kept(users.pack(), networks.pack())
        if kept is not None:
            known_users, known_pairs = HashedTexts.unpack(kept.users), HashedTexts.unpack(kept.networks)
            both = _Kept(users.joined(known_users).pack(), networks.joined(known_pairs).pack())
        _NETWORKS.keep(tx, surge, both, now)

    await tenant.transact_as_holder(keep)
