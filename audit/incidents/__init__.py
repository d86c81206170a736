"""Security incidents: what rules find in the log, until somebody has dealt with it."""
