"""The audit log for programs: its catalogue of actions, and its events by query."""
