"""What is kept on disk: finished stages, plans, results, preregistration."""
