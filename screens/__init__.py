"""Everything that imports Textual or decides how something looks."""
