"""The cumulative-gain table in every form, all made from one grid of cells or one list of records."""
