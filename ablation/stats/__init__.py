"""Statistics of paired comparisons: arrays in, frozen values out."""
