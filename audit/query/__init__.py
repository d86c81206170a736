"""The one language in which entries of the log are asked for."""
