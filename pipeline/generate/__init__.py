"""Generate: the matrix, the prompts, the plan, and the parsing of replies."""
