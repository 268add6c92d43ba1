"""Made-up values of the core for tests: each builder gives something ordinary, and a test names only what matters."""

from bot.act.run import Run, RunState
from bot.decide.action import Action
from bot.decide.make_plan import PlanFacts, make_plan
from bot.decide.plan import Plan
from bot.decide.policy import Person
from bot.decide.request import Request, RequestState
from bot.watch.briefing import Cohort
from bot.watch.detector import DetectedSurge
from bot.watch.permission import Permission
from bot.watch.profile import DirectoryUser, IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered
from bot.watch.risk import Detection, RiskyUser
from bot.watch.surge import Surge, SurgeState

FOR_PEOPLE_ONLY = frozenset({Permission.SYNCHRONIZATION_READ, Permission.ROLLOUT_READ})
"""Microsoft's page names them for signed-in people, and nothing for apps: they can't be asked for."""
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 20_198 * DAY + 4 * HOUR
"""Sunday 20 April 2025, 04:00 UTC: the surge begins."""
END = START + 5 * HOUR
NOW = END + HOUR
LEAKED = "leakedCredentials"
TENANT = "tenant-one"
SURGE = "5" * 32
EVERYBODY = tuple(Cohort)


def detection(
    user: str,
    *,
    name: str = "",
    kind: str = LEAKED,
    state: str = "atRisk",
    at: int = START + HOUR,
    updated: str = "2025-04-20T05:00:00Z",
) -> Detection:
    id_ = name or f"{user}-{kind}-{at}"
    return Detection(
        id=id_,
        user_id=user,
        user_principal_name=f"{user}@contoso.example",
        user_display_name=user.title(),
        risk_event_type=kind,
        risk_level="high",
        risk_state=state,
        risk_detail="none",
        detected_at=at,
        last_updated_text=updated,
        raw=f'{{"id":"{id_}"}}'.encode(),
    )


def risky(
    user: str,
    *,
    state: str = "atRisk",
    detail: str = "none",
    updated: str = "2025-04-20T05:00:00Z",
    processing: bool = False,
    deleted: bool = False,
) -> RiskyUser:
    return RiskyUser(
        user_id=user,
        user_principal_name=f"{user}@contoso.example",
        user_display_name=user.title(),
        risk_level="high",
        risk_state=state,
        risk_detail=detail,
        last_updated_text=updated,
        is_processing=processing,
        is_deleted=deleted,
    )


def profile(
    user: str,
    kind: SignInKind = SignInKind.CLOUD_ONLY,
    *,
    provider: IdentityProvider | None = None,
    enabled: bool | None = True,
    passwordless: bool | None = False,
    registered: Registered | None = None,
) -> Profile:
    return Profile(
        user_id=user,
        user_principal_name=f"{user}@contoso.example",
        display_name=user.title(),
        mail=f"{user}@contoso.example",
        kind=kind,
        provider=provider,
        is_enabled=enabled,
        is_passwordless=passwordless,
        registered=registered,
    )


def directory_user(
    user: str,
    principal_name: str,
    *,
    external_state: str = "",
    user_type: str = "Member",
    synced: bool = False,
    enabled: bool | None = True,
) -> DirectoryUser:
    return DirectoryUser(
        user_id=user,
        user_principal_name=principal_name,
        display_name=user.title(),
        mail=principal_name,
        user_type=user_type,
        external_user_state=external_state,
        account_enabled=enabled,
        on_premises_sync_enabled=synced,
    )


def surge(
    *,
    tenant: str = TENANT,
    id_: str = SURGE,
    state: SurgeState = SurgeState.OPEN,
    users: int = 3,
    types: tuple[str, ...] = (LEAKED,),
    key: str = "key",
) -> Surge:
    return Surge(
        tenant_id=tenant,
        id=id_,
        short_name="S-7F3K",
        detector_key=key,
        state=state,
        opened_at=START + HOUR,
        window_start=START,
        window_end=END,
        ended_at=None,
        risk_event_types=types,
        users=users,
        usual=0.3,
    )


def detected(
    *users: str, key: str = "key", ended_at: int | None = None, end: int = END, types: tuple[str, ...] = (LEAKED,)
) -> DetectedSurge:
    return DetectedSurge(
        key=key,
        opened_at=START + HOUR,
        window_start=START,
        window_end=end,
        ended_at=ended_at,
        risk_event_types=types,
        users=frozenset(users),
        usual=0.3,
    )


def plan_of(*users: str, action: Action = Action.CONFIRM_SAFE, made_at: int = NOW) -> Plan:
    """Of users whom every action fits."""
    has_mfa = Registered.MFA | Registered.MFA_CAPABLE
    facts = PlanFacts(
        surge=surge(users=len(users)),
        detections=tuple(detection(user) for user in users),
        risky={user: risky(user) for user in users},
        profiles={user: profile(user, registered=has_mfa) for user in users},
    )
    return make_plan(facts, action=action, users=users, made_at=made_at)


def request(
    *,
    id_: str = "a" * 32,
    tenant: str = TENANT,
    surge_id: str = SURGE,
    plan_hash: str = "",
    state: RequestState = RequestState.PENDING,
    requester: str = "UANNA",
    accounts: tuple[str, ...] = (),
    needed: int = 1,
    glass: int = 0,
    created_at: int = NOW,
    expires_at: int = NOW + 4 * HOUR,
) -> Request:
    return Request(
        tenant_id=tenant,
        id=id_,
        surge_id=surge_id,
        plan_hash=plan_hash,
        state=state,
        requester=requester,
        requester_accounts=accounts,
        reason="Microsoft's mistake",
        approvals_needed=needed,
        break_glass_needed=glass,
        created_at=created_at,
        expires_at=expires_at,
    )


def run(
    *,
    id_: str = "b" * 32,
    tenant: str = TENANT,
    request_id: str = "a" * 32,
    plan_hash: str = "",
    state: RunState = RunState.RUNNING,
    created_at: int = NOW,
    not_before: int = 0,
) -> Run:
    return Run(
        tenant_id=tenant,
        id=id_,
        request_id=request_id,
        surge_id=SURGE,
        plan_hash=plan_hash,
        state=state,
        created_at=created_at,
        not_before=not_before,
    )


def person(user_id: str = "UANNA", *, team_id: str = "TCONTOSO", email: str | None = None, **kinds: bool) -> Person:
    address = f"{user_id.lower()}@contoso.example" if email is None else email
    return Person(user_id=user_id, team_id=team_id, name=user_id.title(), email=address, **kinds)
