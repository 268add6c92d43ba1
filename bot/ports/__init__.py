"""What the use cases need from outside: Graph, Slack, the store, time. Each Protocol states its contract."""
