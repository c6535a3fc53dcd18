"""The database: tables, engine, migrations. Decides nothing."""
