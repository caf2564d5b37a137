"""How often the intervals of the table are wrong on data where the truth is known."""
