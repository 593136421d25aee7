"""Analysis of encodings, whoever trained them: which neurons are polysemantic, and need they be."""
