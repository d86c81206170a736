"""Views of the log that people keep: a name for a query."""
