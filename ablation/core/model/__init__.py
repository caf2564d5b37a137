"""A recipe's network as the core runs it."""
