"""What went wrong in real life, as scripts that are played against the simulator, with what must be seen at the end."""
