"""Who decides: the initial weights, the optimiser, and what becomes of a lead on the way."""
