"""The keyboard alone: every journey, where the focus is, and what is said aloud."""
