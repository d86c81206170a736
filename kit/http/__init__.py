"""What the product's HTTP answers have in common."""
