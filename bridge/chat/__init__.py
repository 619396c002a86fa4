"""Matrix: reading events, rendering mail, rooms and ghosts, as an application service or as a plain bot.

The pure modules (names, limits, render, contents, read, bodies) decide what an event says; the wire modules move it.
Only `nioclient` and `olm` import nio. Nothing here knows what a mail server is.
"""
