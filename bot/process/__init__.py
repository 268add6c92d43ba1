"""The process of the bot: what it is wired of, its leases and loops, its health, its log."""
