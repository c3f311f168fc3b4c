"""Hosts over SSH: how to reach them, whom to trust, and what to ask with nothing but a shell."""
