"""Curate: filters, duplicates, contamination, split: from samples to a training set."""
