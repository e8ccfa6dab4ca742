"""Tasks: what an answer is, when two are the same, and the built-in task folders."""
