"""The figures, each a matplotlib figure to be saved or logged by its caller."""
