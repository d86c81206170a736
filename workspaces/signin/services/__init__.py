"""What changes in sign-in: connections, domains, entrances, attempts, sessions."""
