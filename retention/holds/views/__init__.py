"""The pages of holds: looking, and changing."""
