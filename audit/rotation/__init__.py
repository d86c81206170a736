"""Exchanges the key that signs the heads of all logs."""
