"""A small application that uses every part of the page system as a package of ours would."""
