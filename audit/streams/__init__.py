"""Streams of the audit log to the systems of others (SIEMs)."""
