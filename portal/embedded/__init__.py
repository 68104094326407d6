"""Real servers without docker, root or an administrator, so that trying the platform is one command.

PostgreSQL and SeaweedFS come as ordinary Python packages; the classes here start and stop them and keep
their data between runs. A deployment that has its own servers sets ``TRADING_DATABASE_URL`` and the object
store's address and never touches this package.
"""
