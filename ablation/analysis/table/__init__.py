"""The rows of a ladder, judged, and the table that they make; several tables side by side."""
