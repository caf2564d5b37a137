"""The report as one HTML page that needs nothing but itself, and the table alone for notebooks."""
