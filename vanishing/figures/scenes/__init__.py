"""Pictures that are scenes: laid out by code from words and numbers, one room per subject."""
