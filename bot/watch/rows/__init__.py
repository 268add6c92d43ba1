"""The rows of the evidence, one module a group: facts in, rows out."""
