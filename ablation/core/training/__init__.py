"""The training loop and all that one update takes."""
