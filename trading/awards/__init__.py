"""定标 (awards): the common outcome of evaluation and auction: candidates, objections, award, contract."""
