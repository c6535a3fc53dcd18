"""`python -m reval_core`: the command line. What it understands is in `reval_core.command_line.arguments`."""

import sys

from reval_core.command_line.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
