"""Erasing a person from the audit log: details and salts go, every proof stays."""
