"""The soak: `make soak`. Many days at full scale, with faults, kills and restarts; then the account."""
