"""What may be claimed of a comparison: validity, verdict, looks, attribution and tuning effort."""
