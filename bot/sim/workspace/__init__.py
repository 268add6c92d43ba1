"""An invented Slack workspace: the Web API, Socket Mode, and a page that shows what people see.

Written from Slack's documents, and stricter than Slack where they leave a choice; it knows nothing of any app.
"""

from bot.sim.workspace.contoso import contoso
from bot.sim.workspace.delivery import Envelope, NotAcknowledged
from bot.sim.workspace.hands import AnswerRefused
from bot.sim.workspace.reading import buttons, plain
from bot.sim.workspace.server import WorkspaceServer
from bot.sim.workspace.state import Call
from bot.sim.workspace.world import Channel, Person, UserGroup, Workspace

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
