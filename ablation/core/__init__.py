"""The common training core: one readable loop for CPU and CUDA, its randomness, its checkpoints, its metrics."""
