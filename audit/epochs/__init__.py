"""Opens a new epoch of all logs on an operator's word."""
