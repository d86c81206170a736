"""Erasing: one's own under /me/, what a leaver has stored in the portal."""
