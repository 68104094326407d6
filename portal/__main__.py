"""`python -m portal` is `trading`: how child processes are started, whatever PATH says."""

from portal.cli import main

main()
