"""Runs Custos on one machine: its environment, its servers, its processes.

The order of a start is `start.py`, read top-down. Nothing here is needed in
production, where PostgreSQL, Valkey and a process manager exist already.
"""
