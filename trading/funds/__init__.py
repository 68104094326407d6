"""资金 (funds): deposits, later fees and refunds, in integer fen and double entry."""
