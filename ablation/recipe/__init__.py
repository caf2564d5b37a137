"""What one training is: every setting that decides its outcome, as a tree of typed sections."""
