"""The doctor: everything that is known to go wrong, checked one by one, each with its remedy."""
