"""The one memory: tables, repositories, leases, migrations. The only place that knows SQL."""
