"""Boot images: signed sets of them, what their bytes say they are, and which host runs which."""
