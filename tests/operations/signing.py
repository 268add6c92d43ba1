"""People with one-time codes, and how they sign."""

import pyotp

from bot.decide.codes import Enrolment
from bot.decide.request import Request
from bot.ports.slack import Click, ClickKind, SigningDialog
from tests.operations.scene import Scene
from tests.values import NOW, directory_user, person


def secret_of(user_id: str) -> str:
    """A secret of each person's own."""
    return (user_id.replace("U", "A").replace("0", "Q").replace("1", "W") * 32)[:32]


def enrol(scene: Scene, *user_ids: str) -> None:
    for user_id in user_ids:
        enrolment = Enrolment(user_id, secret_of(user_id), NOW)
        scene.look(lambda tx, enrolment=enrolment: tx.codes.keep_enrolment(enrolment))


def code_of(scene: Scene, user_id: str) -> str:
    """What the authenticator shows at this moment."""
    return pyotp.TOTP(secret_of(user_id)).at(scene.clock.now() // 1_000_000)


def hire(scene: Scene, user_id: str, *, account: str = "", **facts) -> None:
    """A member of the workspace with an account of the same address in the directory."""
    scene.slack.people[user_id] = person(user_id, **facts)
    address = f"{user_id.lower()}@contoso.example"
    scene.graph.accounts[address] = (directory_user(account or f"account-of-{user_id}", address),)


async def open_dialog(scene: Scene, by: str, request: Request) -> SigningDialog:
    """Press Approve and see the dialog."""
    await scene.press(ClickKind.APPROVE, by, request.id)
    dialog = scene.slack.dialogs[-1]
    assert isinstance(dialog, SigningDialog)
    return dialog


async def submit(scene: Scene, by: str, request: Request, dialog: SigningDialog, code: str, **values) -> Click:
    return await scene.press(
        ClickKind.SUBMIT_APPROVAL, by, request.id, **({"opened_by": dialog.opened_by, "code": code} | values)
    )


async def sign(scene: Scene, by: str, request: Request, code: str | None = None) -> Click:
    """Press Approve, type the code, submit."""
    dialog = await open_dialog(scene, by, request)
    return await submit(scene, by, request, dialog, code_of(scene, by) if code is None else code)
