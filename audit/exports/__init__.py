"""Exports of the audit log: asked for on a page, made by a worker, kept for a week."""
