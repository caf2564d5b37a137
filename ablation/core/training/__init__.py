"""The training loop, its optimizer step, state and checkpoints."""
