"""Old entries go after the years that an organization set; every signed head stays."""
