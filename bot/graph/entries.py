"""Entries as Graph writes them: how a page and its properties are read.

Tolerant where Graph is loose: an unknown enumeration member stays the string that it was, a null or a missing property
becomes the empty value, a property of another type than documented becomes text or is taken as missing. An entry that
can't be used (no id, no user, no time) is left out and counted, never the whole page.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from bot.graph.timestamps import microseconds

T = TypeVar("T")

Entry: TypeAlias = Any
"""An entry by those of its properties that are read, named as in Python, each as it came; None where it did not."""


class UnreadableError(ValueError):
    """The body is not the JSON that was promised: truncated, malformed, or of another shape."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a Graph collection."""

    items: tuple[T, ...]
    next_link: str | None
    dropped: int
    """Entries that could not be used."""
    delta_link: str | None = None
    """Where the next round of a delta query begins; on its last page alone."""


class _Collection(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta_link: str | None = msgspec.field(name="@odata.deltaLink", default=None)


_COLLECTION = msgspec.json.Decoder(_Collection)


def listing(body: bytes, entry: Callable[[bytes | msgspec.Raw], T | None]) -> Listing[T]:
    """A page, each of its entries read by `entry`, which gives None or raises UnreadableError for one of no use."""
    collection = strictly(_COLLECTION, body)
    items: list[T] = []
    for raw in collection.value:
        try:
            item = entry(raw)
        except UnreadableError:
            item = None
        if item is not None:
            items.append(item)
    return Listing(
        tuple(items),
        collection.next_link or None,
        len(collection.value) - len(items),
        collection.delta_link or None,
    )


def reader(properties: str, **named: str) -> msgspec.json.Decoder[Entry]:
    """Reads these properties, parted by spaces, and no others. named: those whose name at Graph is no word."""
    wanted = [*properties.split(), *named]
    rename = {name: named.get(name) or _camel(name) for name in wanted}
    return msgspec.json.Decoder(msgspec.defstruct("Entry", [(name, Any, None) for name in wanted], rename=rename))


def page_of(properties: str, **named: str) -> Callable[[Callable[[Entry], T | None]], Callable[[bytes], Listing[T]]]:
    """Make what reads one entry read a page of them. The page raises UnreadableError; an entry may, and is dropped."""
    decoder = reader(properties, **named)

    def read(entry: Callable[[Entry], T | None]) -> Callable[[bytes], Listing[T]]:
        @functools.wraps(entry)
        def page(body: bytes) -> Listing[T]:
            return listing(body, lambda raw: entry(strictly(decoder, raw)))

        return page

    return read


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def count(body: bytes) -> int:
    """A `$count`, which is plain text, at times behind a byte order mark. Raises UnreadableError."""
    try:
        return int(body.decode("utf-8-sig"))
    except ValueError as error:
        raise UnreadableError("a count that is no number") from error


def strictly(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Decode with msgspec; text that is not sound Unicode is mended first. Raises UnreadableError."""
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return decoder.decode(_mended(bytes(body)))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not the JSON that was promised") from error


def text(value: object) -> str:
    """A string as it is; a number or a truth value as text; anything else as missing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def truth(value: object) -> bool | None:
    """A truth value, also where it came as a word; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def whole_number(value: object) -> int | None:
    """A whole number, also where it came as text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def moment(value: object) -> int | None:
    """Microseconds UTC; None for what is no time."""
    try:
        return microseconds(text(value))
    except ValueError:
        return None


def inside(value: object) -> Mapping[str, Any]:
    """A nested object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def each(value: object) -> Iterator[Any]:
    """The elements of a nested collection; none for anything else."""
    return iter(value if isinstance(value, list) else ())


def texts(value: object) -> tuple[str, ...]:
    """The texts of a nested collection of strings, empty ones left out."""
    return tuple(filter(None, map(text, each(value))))


def _mended(body: bytes) -> bytes:
    """The same JSON without a byte order mark, invalid UTF-8 and lone surrogates, which msgspec refuses."""
    sound = body.decode("utf-8-sig", "replace")
    return json.dumps(json.loads(sound), ensure_ascii=False).encode("utf-8", "replace")
