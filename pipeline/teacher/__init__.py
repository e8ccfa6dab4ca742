"""Teacher: the only door to a language model; client, pacing, prices, ledger."""
