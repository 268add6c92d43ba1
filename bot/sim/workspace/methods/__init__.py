"""The methods of the Web API, each with its page at docs.slack.dev/reference/methods."""

from bot.sim.workspace.methods import chat, conversations, directory, files, session, views
from bot.sim.workspace.methods.method import METHODS, Arguments, Method

__all__ = ["METHODS", "Arguments", "Method", "chat", "conversations", "directory", "files", "session", "views"]
