"""The names under which Slack hands back what somebody pressed. Old messages carry them: never give one away anew."""

from bot.ports.presses import PRESSES, Form
from bot.ports.slack import ClickKind

BUTTONS: dict[ClickKind, str] = {
    kind: f"countersign-{kind.value}" for kind, press in PRESSES.items() if press.form in {Form.BUTTON, Form.OPENER}
}
"""action_id of each button."""
KINDS: dict[str, ClickKind] = {action_id: kind for kind, action_id in BUTTONS.items()}

DIALOGS: dict[ClickKind, str] = {
    kind: f"countersign-{kind.value.removeprefix('submit-')}" for kind, press in PRESSES.items() if press.is_submission
}
"""callback_id of each dialog that can be submitted, by what its submission is."""
ASKING: dict[str, ClickKind] = {
    callback_id: kind for kind, callback_id in DIALOGS.items() if PRESSES[kind].asks_for is not None
}
"""By callback_id, what the submission of each dialog is that asks for something."""
SIGNING: dict[str, ClickKind] = {
    callback_id: kind for kind, callback_id in DIALOGS.items() if PRESSES[kind].asks_for is None
}
"""By callback_id, what the submission of each dialog is that signs."""
INFORMATION_DIALOG = "countersign-information"
"""callback_id of dialogs that only show something."""

ACTION_FIELD = "action"
COHORTS_FIELD = "cohorts"
REASON_FIELD = "reason"
CODE_FIELD = "code"
PEOPLE_FIELD = "people"
RUN_FIELD = "run"
"""block_id, and action_id within it, of the dialogs' fields; also the keys of their field errors."""

CARD_EVENT = "countersign_card"
"""event_type of the metadata by which a card of unknown fate is found again."""
