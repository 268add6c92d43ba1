"""The commands, one a module: thin, they read options, call a use case and print."""
