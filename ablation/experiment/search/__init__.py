"""The space that a study searches, and the trials that its stages make."""
