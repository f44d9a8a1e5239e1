"""pachd's S3 gateway: commits as read-only buckets, for model servers and S3 tools."""
