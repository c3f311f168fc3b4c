"""Stores of boot images, and who signed what is in them."""
