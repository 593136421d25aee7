"""More features than neurons: which arrangements the flow and training come to."""
