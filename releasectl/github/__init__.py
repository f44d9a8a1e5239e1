"""What the workflows ask of GitHub: one comment, deployment statuses, one issue, a token for the cluster.

Standard library only: a job that holds a token that writes installs nothing, and calls `.github/steps.py`.
"""
