"""Recomputes a log from its entries to its signed heads, and exports it."""
