"""From runs to judgement: comparisons, verdicts and the table they make; no text but what a reader must know."""
