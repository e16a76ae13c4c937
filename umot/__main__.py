"""`python -m umot` is `umot`."""

from umot.cli import main

main()
