"""Behind each figure stand the users, each with the fact that puts him there."""

import pytest

from bot.watch.account_kind import AccountKind, ToldKind
from bot.watch.behind import Figure, Sources, users_behind
from bot.watch.evidence import Suspect
from bot.watch.impact import Impact
from bot.watch.privileged_users import Privileged
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from bot.watch.standing import Stance, Standing
from tests.watch.people import person

PROFILES = {
    "ada": person("ada", registered=Registered.PASSWORDLESS | Registered.PASSKEY | Registered.MFA),
    "bob": person("bob", SignInKind.FEDERATED, provider=IdentityProvider.OKTA, registered=Registered(0)),
    "cy": person("cy", registered=None, enabled=False),
    "eve": person("eve", registered=Registered(0), enabled=False),
}
SOURCES = Sources(
    flagged=["cy", "bob", "ada", "ada"],
    profiles=PROFILES,
    privileged=[Privileged("ada", ("Global Administrator",), through="ada-admin"), Privileged("eve", ("X",))],
    accounts={"bob": ToldKind(AccountKind.SERVICE_LIKE, "its name"), "eve": ToldKind(AccountKind.EMERGENCY, "?")},
    impacts={
        "ada": Impact("ada", 1, 2, 3),
        "bob": Impact("bob", stuck_since=1, stuck_code=50142),
        "cy": Impact("cy", succeeded_at=9),
        "eve": Impact("eve", 1, 1, 1),
    },
    stances={"ada": Stance(Standing.BLOCKED, "p", "the policy blocks")},
    suspects=[Suspect("cy", "Consent to application"), Suspect("eve", "?")],
)


@pytest.mark.parametrize(
    ("figure", "users"),
    [
        (Figure.KINDS, {"ada": "cloud-only", "bob": "federated, Okta", "cy": "cloud-only"}),
        (Figure.PASSWORDLESS, {"ada": "passkey"}),
        (Figure.WITHOUT_MFA, {"bob": "none is registered"}),
        (Figure.PRIVILEGED, {"ada": "Global Administrator (by the account ada-admin)"}),
        (Figure.ACCOUNTS, {"bob": "service-like account: its name"}),
        (Figure.DISABLED, {"cy": "the account is disabled"}),
        (Figure.BLOCKED, {"ada": "3 blocked sign-ins after the flag"}),
        (Figure.STUCK, {"bob": "a password change is demanded (50142, an unsure code)"}),
        (Figure.STANDINGS, {"ada": "blocked: the policy blocks"}),
        (Figure.SUSPECTS, {"cy": "Consent to application"}),
    ],
)
def test_each_figure_names_its_flagged_users_and_the_fact(figure, users):
    assert users_behind(figure, SOURCES) == users


def test_every_figure_can_be_asked_for_and_is_empty_where_nothing_was_read():
    assert all(users_behind(figure, Sources(flagged=["ada"])) == {} for figure in Figure)
