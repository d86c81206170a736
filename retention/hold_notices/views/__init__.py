"""Notices to custodians: writing them in the portal, reading them under /me/."""
