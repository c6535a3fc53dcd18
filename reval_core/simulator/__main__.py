"""Starts the simulator alone: `python -m reval_core.simulator`."""

import argparse
import sys

from reval_core.simulator.command import add_arguments, run

parser = argparse.ArgumentParser(prog="simulator", description="The GMC and TIS over real HTTP, with invented people.")
add_arguments(parser)
sys.exit(run(parser.parse_args()))
