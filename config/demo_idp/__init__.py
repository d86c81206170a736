"""A small SAML identity provider for the demonstration; never for real people."""
