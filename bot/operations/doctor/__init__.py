"""Look at everything that the bot needs, and say what is missing and how to mend it.

Each file looks at one thing and gives checks, which are plain values; `examine` calls them in order.
"""
