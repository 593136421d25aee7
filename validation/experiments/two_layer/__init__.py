"""The two-layer model of seed 000: which solutions training finds, and what they do."""
