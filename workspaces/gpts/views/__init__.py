"""The pages of GPTs: those of members, and those of who governs."""
