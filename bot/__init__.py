"""Countersign: undo a mass false alarm of Entra ID Protection from Slack, with a second signature."""
