"""Evaluation on real rows: prediction, metrics, intervals."""
