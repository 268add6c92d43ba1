"""DO, done: batches announced, sent, read back, verified; canary, tripwires, pauses."""
