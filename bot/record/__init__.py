"""KEEP: the ledger's chain and the account people are given. Values in, values out."""
