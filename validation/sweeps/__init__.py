"""Sweeps: one measurement over a grid of settings."""
