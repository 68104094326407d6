"""Evaluation (评标): the committee reviews, scores and ranks what was opened, each member alone until all are done."""
