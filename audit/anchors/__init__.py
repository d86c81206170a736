"""Writes the heads of all logs into the log of the installation, hour by hour."""
