"""The Slack door: the only place that knows Slack's libraries."""
