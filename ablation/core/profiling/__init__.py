"""The cost of a training, measured: dry runs, operations, roofline, latency, learning-rate range."""
