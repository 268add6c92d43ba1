"""Sign-ins: the log of who came, whence, to which app, and what stopped them.

Source: learn.microsoft.com, "signIn resource type", "Microsoft Entra authentication and authorization error codes".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from sim.tenant.graph_time import written
from sim.tenant.risk import FREE_TYPES
from sim.tenant.timeline import BEGINNING, END, Key, Timeline

SUCCESS = 0
BLOCKED_BY_POLICY, BLOCKED_HOME_RISK, BLOCKED_HOME_RISK_LOGGED = 53003, 53011, 530032
PASSWORD_CHANGE_DEMANDED, PROOF_UP_BLOCKED = 50142, 53004
BAD_PASSWORD, LOCKED_OUT = 50126, 50053
BLOCKING = frozenset({BLOCKED_BY_POLICY, BLOCKED_HOME_RISK, BLOCKED_HOME_RISK_LOGGED})
PROMPTING = frozenset({PASSWORD_CHANGE_DEMANDED, PROOF_UP_BLOCKED})
BAD_CREDENTIALS = frozenset({BAD_PASSWORD, LOCKED_OUT})

REASONS = {
    BAD_PASSWORD: "Error validating credentials due to invalid username or password.",
    LOCKED_OUT: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    BLOCKED_BY_POLICY: "Access has been blocked by Conditional Access policies.",
    BLOCKED_HOME_RISK: "User blocked due to risk on home tenant.",
    BLOCKED_HOME_RISK_LOGGED: "User blocked due to risk on home tenant.",
    PASSWORD_CHANGE_DEMANDED: "Password change is required due to a conditional access policy.",
    PROOF_UP_BLOCKED: "Proof up is blocked due to risk.",
    50140: "Sign-in was interrupted by the 'Keep me signed in' prompt.",
    50074: "Strong authentication is required.",
    50173: "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
}
"""Failure reasons by error code; a code that isn't here reads "Other."."""

_EVENT_TYPES = frozenset(
    {
        "unlikelyTravel",
        "anonymizedIPAddress",
        "maliciousIPAddress",
        "unfamiliarFeatures",
        "malwareInfectedIPAddress",
        "suspiciousIPAddress",
        "leakedCredentials",
        "investigationsThreatIntelligence",
        "generic",
    }
)


class App(NamedTuple):
    """What people sign in to."""

    id: str
    name: str
    resource_id: str
    resource_name: str


class Place(NamedTuple):
    """Where an address is."""

    city: str
    state: str
    country: str
    latitude: float
    longitude: float


class Device(NamedTuple):
    """What a person signs in from."""

    client: str
    operating_system: str
    browser: str
    user_agent: str


class SignInRisk(NamedTuple):
    """What Identity Protection thought of one sign-in."""

    level: str = "none"
    """riskLevelDuringSignIn."""
    state: str = "none"
    event_types: tuple[str, ...] = ()
    aggregated: str = "none"
    detail: str = "none"


class AppliedPolicy(NamedTuple):
    """One Conditional Access policy, and what it did to a sign-in."""

    id: str
    name: str
    controls: tuple[str, ...]
    result: str
    """success, failure, notApplied, notEnabled."""


OFFICE = App(
    "4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange"
)
OSLO = Place("Oslo", "Oslo", "NO", 59.91, 10.75)
EDGE = Device("Browser", "Windows 10", "Edge 135.0.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/135.0.0.0")
NO_RISK = SignInRisk()


@dataclass(slots=True, frozen=True)
class SignIn:
    """One interactive sign-in. What it has in common with others is shared, so that a hundred thousand are cheap."""

    number: int
    at: int
    user_id: str
    address: str
    error_code: int = SUCCESS
    place: Place = OSLO
    app: App = OFFICE
    device: Device = EDGE
    risk: SignInRisk = NO_RISK
    policies: tuple[AppliedPolicy, ...] = ()

    @property
    def id(self) -> str:
        """A GUID, made of instant and number."""
        return f"{self.at >> 24 & 0xFFFFFFFF:08x}-{self.at & 0xFFFF:04x}-4e00-8e00-{self.number:012x}"


class SignIns:
    """The sign-in log of a tenant, found by time, by error code and by user."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._all: Timeline[SignIn] = Timeline()
        self._of_code: dict[int, Timeline[SignIn]] = {}
        self._of_user: dict[str, Timeline[SignIn]] | None = None

    def __len__(self) -> int:
        return len(self._all)

    def next_number(self) -> int:
        """The number of a sign-in to come."""
        return next(self._numbers)

    def add(self, sign_in: SignIn) -> None:
        """Write a sign-in down, of any time."""
        self._all.add(sign_in)
        self._code(sign_in.error_code).add(sign_in)
        if self._of_user is not None:
            self._of_user.setdefault(sign_in.user_id, Timeline()).add(sign_in)

    def extend(self, sign_ins: Iterable[SignIn]) -> None:
        """Write many down."""
        self._all.extend(self._indexed(sign_ins))

    def promise(self, start: int, end: int, write: Callable[[], Iterable[SignIn]]) -> None:
        """Sign-ins between two instants (ticks, both included) that are made up only when somebody looks; all of them
        succeeded.
        """
        self._all.promise(start, end, lambda: self._indexed(write()))

    def newest(
        self,
        start: int = BEGINNING[0],
        end: int = END[0],
        before: Key = END,
        *,
        error_code: int | None = None,
        user_id: str | None = None,
    ) -> Iterator[SignIn]:
        """Sign-ins between two instants (both included) and before a place, newest first."""
        if user_id is None and error_code is None:
            return self._all.newest(start, end, before)
        if user_id is not None or error_code == SUCCESS:
            self._all.keep_promises(start, end)
        if user_id is not None:
            if self._of_user is None:
                self._find_by_user()
            found = (self._of_user or {}).get(user_id, Timeline()).newest(start, end, before)
            return (each for each in found if error_code is None or each.error_code == error_code)
        return self._code(SUCCESS if error_code is None else error_code).newest(start, end, before)

    def written(self, start: int, end: int) -> Iterator[SignIn]:
        """Sign-ins between two instants (both included), newest first, but for those that are only promised."""
        return self._all.written(start, end)

    def _code(self, error_code: int) -> Timeline[SignIn]:
        return self._of_code.setdefault(error_code, Timeline())

    def _indexed(self, sign_ins: Iterable[SignIn]) -> list[SignIn]:
        found = list(sign_ins)
        by_code: dict[int, list[SignIn]] = {}
        for each in found:
            by_code.setdefault(each.error_code, []).append(each)
        for code, those in by_code.items():
            self._code(code).extend(those)
        self._of_user = None
        return found

    def _find_by_user(self) -> None:
        found: dict[str, list[SignIn]] = {}
        for each in self._all.written():
            found.setdefault(each.user_id, []).append(each)
        self._of_user = {}
        for user_id, those in found.items():
            self._of_user[user_id] = Timeline()
            self._of_user[user_id].extend(those)


def shown_sign_in(sign_in: SignIn, name: str, principal_name: str, *, licensed: bool, policies: bool) -> dict[str, Any]:
    """The JSON object of a sign-in. Without P2 (`licensed`) its risk is hidden; without a permission to read
    policies their list is empty.
    """
    app, place, device, risk = sign_in.app, sign_in.place, sign_in.device, sign_in.risk
    types = [each if licensed or each in FREE_TYPES else "generic" for each in risk.event_types]
    failed = sign_in.error_code != SUCCESS
    identifier = sign_in.id
    return {
        "id": identifier,
        "createdDateTime": written(sign_in.at),
        "userDisplayName": name,
        "userPrincipalName": principal_name,
        "userId": sign_in.user_id,
        "appId": app.id,
        "appDisplayName": app.name,
        "ipAddress": sign_in.address,
        "clientAppUsed": device.client,
        "userAgent": device.user_agent,
        "correlationId": identifier,
        "conditionalAccessStatus": _outcome(sign_in.policies),
        "isInteractive": True,
        "riskDetail": risk.detail if licensed else "hidden",
        "riskLevelAggregated": risk.aggregated if licensed else "hidden",
        "riskLevelDuringSignIn": risk.level if licensed else "hidden",
        "riskState": risk.state,
        "riskEventTypes": [each if each in _EVENT_TYPES else "unknownFutureValue" for each in types],
        "riskEventTypes_v2": types,
        "resourceDisplayName": app.resource_name,
        "resourceId": app.resource_id,
        "resourceTenantId": None,
        "homeTenantId": None,
        "servicePrincipalId": "",
        "servicePrincipalName": None,
        "authenticationAppDeviceDetails": None,
        "status": {
            "errorCode": sign_in.error_code,
            "failureReason": REASONS.get(sign_in.error_code, "Other.") if failed else None,
            "additionalDetails": None,
        },
        "deviceDetail": {
            "deviceId": "",
            "displayName": None,
            "operatingSystem": device.operating_system,
            "browser": device.browser,
            "isCompliant": None,
            "isManaged": None,
            "trustType": None,
        },
        "location": {
            "city": place.city,
            "state": place.state,
            "countryOrRegion": place.country,
            "geoCoordinates": {"altitude": None, "latitude": place.latitude, "longitude": place.longitude},
        },
        "appliedConditionalAccessPolicies": [
            {
                "id": policy.id,
                "displayName": policy.name,
                "enforcedGrantControls": list(policy.controls),
                "enforcedSessionControls": [],
                "result": policy.result,
            }
            for policy in sign_in.policies
        ]
        if policies
        else [],
    }


def _outcome(policies: tuple[AppliedPolicy, ...]) -> str:
    results = {policy.result for policy in policies}
    return next((result for result in ("failure", "success") if result in results), "notApplied")
