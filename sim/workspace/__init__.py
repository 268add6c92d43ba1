"""An invented Slack workspace: the Web API, Socket Mode, and a page that shows what people see.

Written from Slack's documents, and stricter than Slack where they leave a choice; it knows nothing of any app.
"""

from sim.workspace.contoso import contoso
from sim.workspace.delivery import Envelope, NotAcknowledged
from sim.workspace.hands import AnswerRefused
from sim.workspace.reading import buttons, plain
from sim.workspace.server import WorkspaceServer
from sim.workspace.state import Call
from sim.workspace.world import Channel, Person, UserGroup, Workspace

__all__ = [
    "AnswerRefused",
    "Call",
    "Channel",
    "Envelope",
    "NotAcknowledged",
    "Person",
    "UserGroup",
    "Workspace",
    "WorkspaceServer",
    "buttons",
    "contoso",
    "plain",
]
