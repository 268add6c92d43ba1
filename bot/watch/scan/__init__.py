"""SEE: the window scan, step by step. Values in, values out."""
