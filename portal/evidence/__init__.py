"""The evidence of a lot (开标证据): one folder from which anyone checks the opening without us.

`layout` says what is in it and is pure: the server that hands it out and the verifier that reads it share that file.
"""
