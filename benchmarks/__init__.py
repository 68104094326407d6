"""Benchmarks (性能对照): each measures the platform beside its own limit, both in one run, and says how far it is."""
