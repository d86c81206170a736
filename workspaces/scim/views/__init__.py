"""What an identity provider asks, and the page where people set it up."""
