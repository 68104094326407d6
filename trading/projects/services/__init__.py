"""The verbs of `trading.projects`, one file a use case; `trading.projects.service` is their public face."""
