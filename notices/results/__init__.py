"""Publications of a result (结果公告): candidates, award, contract, each published by itself when its fact stands."""
