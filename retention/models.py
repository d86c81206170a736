"""Index of the app's models; each slice owns its own."""
