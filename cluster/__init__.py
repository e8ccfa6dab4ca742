"""Cluster: where; the only package that imports Ray."""
