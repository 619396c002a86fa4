"""Peers that must misbehave, where no real one can be made to."""
