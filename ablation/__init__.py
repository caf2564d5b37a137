"""Which of the improvements you were promised really help, by how much, how surely and at what cost."""
