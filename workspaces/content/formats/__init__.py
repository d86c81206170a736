"""Reads chat exports of several products into drafts, streaming and within limits.

Pure: nothing here knows the database. `containers` opens files, `jsontext` parses,
one module a format interprets, `registry` chooses.
"""
