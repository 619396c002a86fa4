"""Inputs with their expected outputs, kept as files."""
