"""What is known of a surge, gathered: facts, revisions, and the requests that they outdate."""
