"""The log itself: entries, the tree over them, its sequencer and its signed heads."""
