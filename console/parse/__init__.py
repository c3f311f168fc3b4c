"""Pure parsers, one module a format: ``str -> model``; they raise nothing but ``Unparsable``."""
