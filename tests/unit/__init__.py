"""Pure parts on their own: no server, no clock, no disk."""
