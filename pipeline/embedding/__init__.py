"""Sentence embeddings: texts as vectors whose cosine says how alike they mean, and the nearest of them."""
