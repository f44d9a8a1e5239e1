"""What runs in the environment of the servers: it imports nothing of the toolkit."""
