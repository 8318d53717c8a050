"""Dokima's judge engine: plain Python that asks LLM judges about items and never guesses an answer."""
