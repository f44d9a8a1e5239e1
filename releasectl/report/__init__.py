"""What people and machines read: text tables and JSON from the same values."""
