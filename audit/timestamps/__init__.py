"""Has the heads of the installation's log timestamped by an authority (RFC 3161)."""
