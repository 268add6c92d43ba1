"""Why a click was refused: one enum, one sentence each that names the reason and the next step."""

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """A refusal is a value, not an exception. Placeholders are filled by explain()."""

    NOT_A_REQUESTER = "not a requester"
    NOT_AN_APPROVER = "not an approver"
    NOBODY_MAY = "nobody may"
    OTHER_WORKSPACE = "other workspace"
    GUEST = "guest"
    NOT_A_PERSON = "not a person"
    DEACTIVATED = "deactivated"
    PERSON_UNREADABLE = "person unreadable"
    OWN_REQUEST = "own request"
    SAME_PERSON = "same person"
    ALREADY_SIGNED = "already signed"
    AMONG_THE_FLAGGED = "among the flagged"
    RISK_UNREADABLE = "risk unreadable"
    ACCOUNT_AMBIGUOUS = "account ambiguous"
    ACCOUNT_UNKNOWN = "account unknown"
    ACCOUNT_DISABLED = "account disabled"
    ROLE_MISSING = "role missing"
    ROLE_UNREADABLE = "role unreadable"
    NOT_BREAK_GLASS = "not break-glass"
    SAME_SIGNER = "same signer"
    EVIDENCE_WORSE = "evidence worse"
    CODE_MISSING = "code missing"
    CODE_NOT_ENROLLED = "code not enrolled"
    CODE_WRONG = "code wrong"
    CODE_USED = "code used"
    CODE_LOCKED = "code locked"
    MORE_FOR_GOING_ON = "more for going on"
    SHARED_OUTSIDE = "shared outside"
    NOT_THE_REQUESTER = "not the requester"
    ALREADY_SETTLED = "already settled"
    EXPIRED = "expired"
    REQUEST_OPEN = "request open"
    RUN_ACTIVE = "run active"
    NOTHING_TO_DO = "nothing to do"
    NOT_RELEASABLE = "not releasable"
    NOT_HELD_BACK = "not held back"
    NOT_READ_YET = "not read yet"
    SURGE_CLOSED = "surge closed"
    RUN_ENDED = "run ended"
    RUN_NOT_RUNNING = "run not running"
    RUN_NOT_PAUSED = "run not paused"
    PLAN_DIFFERS = "plan differs"
    OUT_OF_DATE = "out of date"
    WRONG_PLACE = "wrong place"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal and what fills its sentence."""

    refusal: Refusal
    detail: str = ""


_SENTENCES: dict[Refusal, str] = {
    Refusal.NOT_A_REQUESTER: "You are not on the list of people who may ask for this. {detail} can press the button; the list is COUNTERSIGN_REQUESTERS.",
    Refusal.NOT_AN_APPROVER: "You are not on the list of people who may sign. {detail} can; the list is COUNTERSIGN_APPROVERS.",
    Refusal.NOBODY_MAY: "Nobody may do this yet: the list of people who may is empty. Have COUNTERSIGN_REQUESTERS and COUNTERSIGN_APPROVERS set.",
    Refusal.OTHER_WORKSPACE: "You belong to another workspace, and people from outside can't ask or sign. A member of this workspace has to do it.",
    Refusal.GUEST: "Guests of this workspace can't ask or sign. A full member has to do it.",
    Refusal.NOT_A_PERSON: "Bots can't ask or sign. A person has to do it.",
    Refusal.DEACTIVATED: "Your Slack account is deactivated, so your click does not count. Somebody else has to do it.",
    Refusal.PERSON_UNREADABLE: "Slack did not tell who you are just now, so your click does not count. Press again in a moment.",
    Refusal.OWN_REQUEST: "You can't sign your own request. {detail} can sign it, or somebody else on the list of approvers.",
    Refusal.SAME_PERSON: "This account and the requester's belong to the same person, and a second person has to sign.",
    Refusal.ALREADY_SIGNED: "You have signed this request already. Another person has to sign.",
    Refusal.AMONG_THE_FLAGGED: "You are among the flagged users yourself ({detail}), so you can't sign. An approver who is not flagged has to sign.",
    Refusal.RISK_UNREADABLE: "It could not be checked whether you are flagged yourself ({detail}), so your signature can't count. Try again in a minute, or ask another approver.",
    Refusal.ACCOUNT_AMBIGUOUS: "Your Slack account could be that of more than one person of the directory, so it can't be told whether you are flagged. Have your accounts named in COUNTERSIGN_PEOPLE_FILE, or let another person do it.",
    Refusal.ACCOUNT_UNKNOWN: "No directory account could be told to be yours ({detail}), so it can't be told whether you are flagged or have signed already. Have your accounts named in COUNTERSIGN_PEOPLE_FILE, or let another person do it.",
    Refusal.ACCOUNT_DISABLED: "Your directory account is disabled, so your click does not count. Another person has to do it, or have the account enabled and press again.",
    Refusal.ROLE_MISSING: "You hold none of the Entra roles that a signer needs ({detail}). Activate one and press again, or ask another approver.",
    Refusal.ROLE_UNREADABLE: "It could not be read which Entra roles you hold ({detail}), so your signature can't count. Try again in a minute, or ask another approver.",
    Refusal.NOT_BREAK_GLASS: "Only break-glass approvers can sign this: {detail}; the list is COUNTERSIGN_BREAK_GLASS_APPROVERS. Ask one of them.",
    Refusal.SAME_SIGNER: "Another Slack account of yours has signed this request already, and each person counts once. Another person has to sign.",
    Refusal.EVIDENCE_WORSE: "The evidence got worse since this was asked for: it is {detail} now, so this request can't be signed any more. Press Request remediation on the surge's card to ask anew.",
    Refusal.CODE_MISSING: "This needs your one-time code. Press the button again and type the six digits that your authenticator shows.",
    Refusal.CODE_NOT_ENROLLED: "This needs a one-time code, and you have none yet. Have the operator run `countersign people enrol {detail}` on the host, then press again.",
    Refusal.CODE_WRONG: "That one-time code is not right. Press again with the one that your authenticator shows now; {detail} wrong ones in a row lock it for a while.",
    Refusal.CODE_USED: "That one-time code was used already, and each counts once. Wait for the next one, then press again.",
    Refusal.MORE_FOR_GOING_ON: "The evidence is {detail} now, and that asks for more signatures than this run was approved with. Press Stop, then ask again from the surge's card for those who are left.",
    Refusal.CODE_LOCKED: "Your one-time code is locked until {detail} after too many wrong ones. Press again then, or let another person do it.",
    Refusal.SHARED_OUTSIDE: "This channel is shared with people outside this workspace, so nothing can be asked for in it. Have SLACK_CHANNEL set to one that is not shared.",
    Refusal.NOT_THE_REQUESTER: "Only {detail}, who asked, can withdraw this request. To stop it, press Reject.",
    Refusal.ALREADY_SETTLED: "You came too late: {detail}.",
    Refusal.EXPIRED: "This request expired at {detail}. Press Request remediation on the surge's card to ask again.",
    Refusal.REQUEST_OPEN: "A request for this surge is waiting for its signature already: {detail}. Sign or withdraw that one first.",
    Refusal.RUN_ACTIVE: "A run for this surge is under way already. Wait until it ends; users who are left can be asked for then.",
    Refusal.NOTHING_TO_DO: "Nobody is left to act on with this choice: every user is held back. Details lists who and why.",
    Refusal.NOT_RELEASABLE: "This user can't be released: {detail}. Details lists who is held back and why.",
    Refusal.NOT_HELD_BACK: "Nobody who is held back in this surge is called {detail}. Type the user principal name as Details lists it.",
    Refusal.NOT_READ_YET: "The users of this surge have not been read from Graph yet ({detail}). The card says when they are; press again then.",
    Refusal.SURGE_CLOSED: "This surge is closed: nobody in it is at risk any more.",
    Refusal.RUN_ENDED: "This run has ended already; there is nothing to change.",
    Refusal.RUN_NOT_RUNNING: "This run is not running, so it can't be paused.",
    Refusal.RUN_NOT_PAUSED: "This run is not paused, so there is nothing to resume.",
    Refusal.PLAN_DIFFERS: "The list of users on record is not the one that was asked for, so nothing can be signed. Have the database looked at, withdraw this request and ask again.",
    Refusal.OUT_OF_DATE: "This message is out of date. Use the surge's card in the channel.",
    Refusal.WRONG_PLACE: "This button was pressed in a place where its card was never posted, so the click does not count. Use the card in the channel.",
    Refusal.TRY_AGAIN: "That did not work: {detail}. Nothing was changed; press again in a moment.",
}


def explain(refusal: Refusal, detail: str = "") -> str:
    """The sentence for people. `detail` goes where the sentence has a place for it."""
    return _SENTENCES[refusal].replace("{detail}", detail or "somebody else")
