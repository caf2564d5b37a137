"""What MLflow is told of an experiment: a projection of the store that can be rebuilt."""
