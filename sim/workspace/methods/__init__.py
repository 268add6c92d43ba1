"""The methods of the Web API, each with its page at docs.slack.dev/reference/methods."""

from sim.workspace.methods import chat, conversations, directory, files, session, views
from sim.workspace.methods.method import METHODS, Arguments, Method

__all__ = ["METHODS", "Arguments", "Method", "chat", "conversations", "directory", "files", "session", "views"]
