"""The composition root: the only package that knows all others, so none of them needs to know each other."""
