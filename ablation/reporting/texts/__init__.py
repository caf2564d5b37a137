"""What commands print: plans, data, progress, status and warnings."""
