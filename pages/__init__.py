"""The screens: one file for each. A file asks a query, draws the answer, and hands an action to a service."""
