"""What a training costs, measured: dry runs, operations, roofline, latency, learning-rate range."""
