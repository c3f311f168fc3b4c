"""Cabling that can be followed: how the links of a host hang together, drawn and traced."""
