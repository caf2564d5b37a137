"""Tables, figures, texts and HTML made from frozen values; the only part that rounds and words."""
