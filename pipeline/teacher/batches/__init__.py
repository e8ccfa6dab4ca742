"""Message Batches: the second transport, at half the price, over the same ledger."""
