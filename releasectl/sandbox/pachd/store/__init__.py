"""What survives a crash: SQLite rows, blobs addressed by their hash, and trees of files made of both."""
