"""How each kind of destination is spoken to, and what they have in common."""
