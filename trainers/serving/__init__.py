"""What the servers run: MLServer, and what makes its explainers repeatable."""
