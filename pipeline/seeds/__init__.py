"""Seeds: reading rows, their provenance, and the wall between seeds and the real sets."""
