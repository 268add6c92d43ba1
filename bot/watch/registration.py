"""What the registration report says of each user of a tenant, packed: it is kept for an hour, and over restarts.

Source: Microsoft Graph v1.0, resource type userRegistrationDetails.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from enum import IntFlag
from typing import Self

from bot.watch.hashed_texts import hash_of


class Registered(IntFlag):
    """What a user has registered. methodsRegistered is an open set: what is not known here only counts elsewhere."""

    PASSWORDLESS = 1
    """isPasswordlessCapable: some passwordless method is registered."""
    MFA = 2
    """isMfaRegistered."""
    MFA_CAPABLE = 4
    """isMfaCapable: registered, and allowed by the tenant's policy."""
    SSPR_CAPABLE = 8
    """isSsprCapable: can reset the own password."""
    ADMIN = 16
    """isAdmin."""
    PASSKEY = 32
    """A passkey: fido2SecurityKey, passKeyDeviceBound and its kin."""
    WINDOWS_HELLO = 64
    """windowsHelloForBusiness."""
    AUTHENTICATOR = 128
    """microsoftAuthenticatorPasswordless."""


_HEAD = 8
"""Bytes that hold the number of users, and as many for each of their flags."""


class RegistrationReport:
    """The report by user id, in some nine bytes a user."""

    def __init__(self, entries: Iterable[tuple[str, Registered]]) -> None:
        found = {hash_of(user_id): int(registered) for user_id, registered in entries}
        hashes = sorted(found)
        self._hashes = array("Q", hashes)
        self._registered = bytes(map(found.__getitem__, hashes))

    def __len__(self) -> int:
        return len(self._hashes)

    def get(self, user_id: str) -> Registered | None:
        """What is registered; None for a user whom the report lacks (it lags, and leaves out disabled users)."""
        mark = hash_of(user_id)
        place = bisect_left(self._hashes, mark)
        if place == len(self._hashes) or self._hashes[place] != mark:
            return None
        return Registered(self._registered[place])

    def share(self, registered: Registered) -> float | None:
        """Which share of those in the report has registered this; None for an empty report."""
        if not self._registered:
            return None
        counts = (self._registered.count(value) for value in range(256) if value & registered)
        return sum(counts) / len(self._registered)

    def pack(self) -> bytes:
        """As bytes, to be kept; `unpack` reads them on any machine."""
        return len(self._hashes).to_bytes(_HEAD, "big") + _big_endian(self._hashes) + self._registered

    @classmethod
    def unpack(cls, body: bytes) -> Self:
        """The report from its bytes. Raises ValueError if they are none."""
        count = int.from_bytes(body[:_HEAD], "big")
        if len(body) < _HEAD or len(body) != _HEAD + count * (_HEAD + 1):
            raise ValueError("these bytes are no registration report")
        report = cls(())
        hashes = array("Q", body[_HEAD : _HEAD + count * _HEAD])
        report._hashes = _swapped(hashes)
        report._registered = body[_HEAD + count * _HEAD :]
        return report


def _big_endian(hashes: "array[int]") -> bytes:
    return _swapped(array("Q", hashes)).tobytes()


def _swapped(hashes: "array[int]") -> "array[int]":
    """From this machine's order of bytes to that of the kept form, or back."""
    if sys.byteorder == "little":
        hashes.byteswap()
    return hashes
