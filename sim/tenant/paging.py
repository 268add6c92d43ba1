"""nextLinks and deltaLinks: opaque tokens that only work as they were issued."""

import hashlib
from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import quote

from sim.tenant.refusal import bad_request

_REMEMBERED = 50_000
_SAFE = "$,'()=:#@!*"


class Place(NamedTuple):
    """Where a reading goes on: on this path, with these options, after this id (or at this position)."""

    path: str
    options: tuple[tuple[str, str], ...]
    after: str
    broken: bool = False
    """Whether this link answers 400 with an empty message, as Graph's last risky users' link may."""
    detours: int = 0
    """How many empty pages led here: another link to the same place."""


class Places:
    """The tokens that were issued. The same place gets the same token; a token can be used again."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._places: OrderedDict[str, Place] = OrderedDict()

    def link(self, base_url: str, place: Place, name: str = "$skiptoken") -> str:
        """The URL under which the reading goes on."""
        token = hashlib.blake2b(repr((self._secret, name, place)).encode(), digest_size=30).hexdigest()
        self._places[token] = place
        self._places.move_to_end(token)
        while len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)
        pairs = [*place.options, (name, token)]
        query = "&".join(f"{quote(key, safe='$')}={quote(value, safe=_SAFE)}" for key, value in pairs)
        return f"{base_url}/v1.0{quote(place.path, safe='/$()')}?{query}"

    def resolve(self, path: str, options: dict[str, str], name: str = "$skiptoken") -> Place | None:
        """The place that the options' token names; None without a token. Refuses what wasn't issued like this."""
        token = options.get(name)
        if token is None:
            return None
        place = self._places.get(token)
        asked = tuple((key, value) for key, value in options.items() if key != name)
        if place is None or place.path != path or sorted(place.options) != sorted(asked):
            raise bad_request(
                "Skip token is not valid." if name == "$skiptoken" else "Badly formed content: deltatoken."
            )
        if place.broken:
            raise bad_request("")
        return place
