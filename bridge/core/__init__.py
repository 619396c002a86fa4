"""The vocabulary and the pure decisions of Mailroom.

Everything here is frozen values and functions over them, from the standard library alone: no clock, no randomness, no
loop, no logger, no I/O. The same arrival under the same rulebook gives the same plan and the same keys, byte for byte.
"""
