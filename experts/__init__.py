"""专家 (experts): rosters, the verifiable draw, committees and evaluation."""
