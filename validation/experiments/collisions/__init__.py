"""Collisions: single ones, and how many polysemantic neurons they leave."""
