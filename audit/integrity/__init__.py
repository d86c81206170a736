"""Shows why the log can be believed: heads, anchors, keys, proofs to take along."""
