"""Rows of a ladder compared with one another: arms, evidence, intervals and the table."""
