"""The command line: one file per command; what several share is in console, options and settings."""
