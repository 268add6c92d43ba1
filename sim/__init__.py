"""The outside world, invented: a tenant of Microsoft Graph and a Slack workspace, written from their documents."""
