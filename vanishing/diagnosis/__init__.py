"""How a diagnosis is made: evidence, verdicts, and the words that say them."""
