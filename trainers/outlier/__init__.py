"""The outlier detector: is this applicant unlike anyone the model learned from?"""
