"""What is known of a surge, gathered: readings, facts, revisions."""
