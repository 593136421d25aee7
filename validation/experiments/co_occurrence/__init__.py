"""Features that are on together: by chance, always or never."""
