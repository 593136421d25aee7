"""Hidden noise and other mechanisms in place of L1."""
