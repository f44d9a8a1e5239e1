"""The drift detector: do the applicants of today look like the ones the model learned from?"""
