"""What dictionaries find in hidden layers whose features are known."""
