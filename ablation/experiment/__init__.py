"""Experiments: the file, the variants its designs pick, the plan of stages, and the running of what is missing."""
