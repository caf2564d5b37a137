"""From stored results to frozen values: comparisons, verdicts, promises, calibration and diagnoses; no prose."""
