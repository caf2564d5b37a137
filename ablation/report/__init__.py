"""What people read: tables, figures and exports, and the record of a run in MLflow."""
