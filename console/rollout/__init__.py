"""Rolling an image out: over many hosts in waves, each gated, and back where a gate fails.

``waves`` divides the targets, ``gates`` judges one that was upgraded, ``Machine`` holds what
became of each by the records of a journal and says what is due, ``Driver`` does it.
"""
