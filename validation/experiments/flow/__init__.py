"""The whole flow: its energy, its limit of weak L1, and training that follows it."""
