"""Geometry of the server-rendered charts: figures in, SVG attributes out."""
