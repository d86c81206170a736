"""The pages of sign-in, and the addresses that identity providers talk to."""
