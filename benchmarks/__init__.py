"""How fast and how accurate, next to a peer: one script per question, each in one process run."""
