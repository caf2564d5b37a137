"""Every metric, and the predictions that they are computed from; needs no torch."""
