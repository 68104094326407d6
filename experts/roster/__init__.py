"""The roster of experts (专家库) as records: what a row must hold, how a file of rows is read, how records are kept."""
