"""One encoding on its own: how it becomes sparse, how fast, and who wins."""
