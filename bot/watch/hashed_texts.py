"""A set of texts in eight bytes each: who signed in, from which networks, for a whole tenant, kept over restarts."""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Self

_SIZE = 8
_PART_BITS = 8


def hash_of(text: str) -> int:
    """Eight bytes that stand for a text: two of a million share one with odds of one in 30 million."""
    return int.from_bytes(blake2b(text.encode(), digest_size=_SIZE).digest())


def _in_order(hashes: Iterable[int]) -> "array[int]":
    """Sorted by parts: to sort some hundred thousand at once would keep every other thread waiting meanwhile."""
    parts: list[set[int]] = [set() for _ in range(1 << _PART_BITS)]
    for mark in hashes:
        parts[mark >> (8 * _SIZE - _PART_BITS)].add(mark)
    found = array("Q")
    for part in parts:
        found.extend(sorted(part))
    return found


class HashedTexts(Collection[str]):
    """Tells whether a text is among those it was made of; it can't give them back, so going through it gives none."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._hashes = _in_order(hash_of(text) for text in texts)

    @classmethod
    def of(cls, hashes: Iterable[int]) -> Self:
        """Of hashes that were made before."""
        made = cls()
        made._hashes = _in_order(hashes)
        return made

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        mark = hash_of(text)
        place = bisect_left(self._hashes, mark)
        return place < len(self._hashes) and self._hashes[place] == mark

    def joined(self, other: "HashedTexts") -> "HashedTexts":
        """Those of both."""
        return HashedTexts.unpack(self.pack() + other.pack())

    def pack(self) -> bytes:
        """As bytes, to be kept; `unpack` reads them on any machine."""
        return b"".join(mark.to_bytes(_SIZE, "big") for mark in self._hashes)

    @classmethod
    def unpack(cls, body: bytes) -> Self:
        """The set from its bytes. Raises ValueError if they are none."""
        if len(body) % _SIZE:
            raise ValueError("these bytes are no hashes")
        return cls.of(int.from_bytes(body[at : at + _SIZE], "big") for at in range(0, len(body), _SIZE))
