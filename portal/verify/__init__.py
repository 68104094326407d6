"""Verifying offline (离线核验): evidence, a receipt, a receipt's proof, with neither database nor network.

Nothing is believed because a list says so: the journal is replayed from its entries, the box derived from the slots,
the settled documents, the opened parts and the record's lines computed again, and compared with what is shown.
"""
