"""Generated documents of everyday domains, with questions and answers: all that the pocket model has ever read."""
