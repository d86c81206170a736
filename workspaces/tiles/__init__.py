"""Serves the tiles of an organization's log to programs with its key."""
