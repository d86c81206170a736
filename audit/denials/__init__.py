"""What was refused to somebody known: gathered, one entry a minute for each source."""
