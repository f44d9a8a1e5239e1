"""The explainer: which few facts about an applicant are enough for the model's answer."""
