"""What is wrong with a training, and the advice for it."""
