"""The evidence: what a model was measured to do, for reviewers and policy rules to judge."""
