"""Seldon's executor: stands before the models of one pod, passes requests to them and logs what they say."""
