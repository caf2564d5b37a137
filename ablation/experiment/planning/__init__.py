"""From an experiment to its plan: variants, checks, stages and their addresses."""
