"""What documents promised of metrics and costs, compared with what was measured."""
