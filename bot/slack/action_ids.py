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
    ClickKind.ASK_AGAIN: "countersign-ask-again",
    ClickKind.OPEN_RELEASE: "countersign-open-release",
    ClickKind.OPEN_RECOVERY: "countersign-open-recovery",
    ClickKind.OPEN_WAY_BACK: "countersign-open-way-back",
}
"""action_id of each button."""

KINDS: dict[str, ClickKind] = {action_id: kind for kind, action_id in BUTTONS.items()}

REQUEST_DIALOG = "countersign-request"
"""callback_id of the dialog whose submission is a request."""
RELEASE_DIALOG = "countersign-release"
RECOVERY_DIALOG = "countersign-recovery"
WAY_BACK_DIALOG = "countersign-way-back"
"""callback_ids of the dialogs that ask for a release, a recovery, the way back."""
ASKING: dict[str, ClickKind] = {
    REQUEST_DIALOG: ClickKind.SUBMIT_REQUEST,
    RELEASE_DIALOG: ClickKind.SUBMIT_RELEASE,
    RECOVERY_DIALOG: ClickKind.SUBMIT_RECOVERY,
    WAY_BACK_DIALOG: ClickKind.SUBMIT_WAY_BACK,
}
"""What the submission of each dialog is that asks for something."""
SIGNING: dict[str, ClickKind] = {
    "countersign-approval": ClickKind.SUBMIT_APPROVAL,
    "countersign-going-on": ClickKind.SUBMIT_GOING_ON,
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
