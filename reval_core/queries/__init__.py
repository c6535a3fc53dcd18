"""All that screens and the command line read. Changes nothing; every query takes a viewer."""
