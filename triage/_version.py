"""The version, in one place: hatchling reads it for the distribution, the command prints it."""

__version__ = "0.1.0"
