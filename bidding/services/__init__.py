"""The verbs of the lock-box (密封投标箱), one file a use case."""
