"""The network of a recipe, as the core builds it."""
