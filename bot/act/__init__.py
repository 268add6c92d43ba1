"""DO: the catalogue of actions, what comes next in a run, the outcome of each user. Values in, values out."""
