"""What worker processes begin with, run by path: it imports the standard library only."""
