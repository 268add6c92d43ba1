"""SEE, done: poll, keep what came, track surges, learn what is usual."""
