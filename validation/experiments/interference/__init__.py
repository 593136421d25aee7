"""Interference: how strong it is, what it decays to, whose lead it takes and which weights it revives."""
