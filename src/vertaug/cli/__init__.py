"""The command line: thin, starts at once, imports the chain only when a command runs."""
