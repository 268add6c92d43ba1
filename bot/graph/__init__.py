"""The Microsoft Graph door: the only place that knows Microsoft's libraries, URLs, limits and ways to fail."""
