"""`make demo`: CreditCo's three models, told by the commands that a person would type, in a scratch clone."""
