"""Whole stories, from a mail to the room and back, seen from both ends."""
