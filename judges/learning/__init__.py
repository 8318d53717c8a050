"""Judges that are learnt from rulings: features, training, and a model that is numbers and words, never code."""
