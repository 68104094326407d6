"""Checking a package offline: the bag's own manifests, and the inventory whose digest the journal holds."""
