"""What every trainer shares: the columns, reading and encoding a table, errors and canonical files."""
