"""What findings are shown with: intervals, numbers in words, plots, pages, and derivations as documents."""
