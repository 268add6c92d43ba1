"""What the use cases need from outside: Graph, Slack, a breach service, time. Each Protocol states its contract."""
