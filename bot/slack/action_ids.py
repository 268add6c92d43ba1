"""The names under which Slack hands back what somebody pressed. Old messages carry them: never give one away anew."""

from bot.ports.slack import ClickKind

BUTTONS: dict[ClickKind, str] = {
    ClickKind.OPEN_REQUEST: "countersign-open-request",
    ClickKind.ACKNOWLEDGE: "countersign-acknowledge",
    ClickKind.SNOOZE: "countersign-snooze",
    ClickKind.DETAILS: "countersign-details",
    ClickKind.APPROVE: "countersign-approve",
    ClickKind.REJECT: "countersign-reject",
    ClickKind.WITHDRAW: "countersign-withdraw",
    ClickKind.PAUSE: "countersign-pause",
    ClickKind.RESUME: "countersign-resume",
    ClickKind.STOP: "countersign-stop",
}
"""action_id of each button."""

KINDS: dict[str, ClickKind] = {action_id: kind for kind, action_id in BUTTONS.items()}

REQUEST_DIALOG = "countersign-request"
"""callback_id of the dialog whose submission is a request."""
APPROVAL_DIALOG = "countersign-approval"
"""callback_id of the dialog whose submission is a signature."""
INFORMATION_DIALOG = "countersign-information"
"""callback_id of dialogs that only show something."""

ACTION_FIELD = "action"
COHORTS_FIELD = "cohorts"
REASON_FIELD = "reason"
CODE_FIELD = "code"
"""block_id, and action_id within it, of the request dialog's fields; also the keys of its field errors."""

CARD_EVENT = "countersign_card"
"""event_type of the metadata by which a card of unknown fate is found again."""
