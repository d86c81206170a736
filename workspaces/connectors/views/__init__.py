"""The pages of connectors: for admins, for members, and the receipts of cuts."""
