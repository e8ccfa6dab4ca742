"""The simulated teacher: a real Messages API server whose samples come from a grammar."""
