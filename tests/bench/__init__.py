"""The benchmark of a sync at full scale: `make bench`. Speed is told as a ratio to a floor measured in the same run."""
