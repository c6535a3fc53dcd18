"""The command line: arguments, one module for each command, and what each prints. Reads and changes nothing itself."""
