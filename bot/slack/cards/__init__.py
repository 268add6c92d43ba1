"""Pure functions: what is to be shown -> blocks and fallback text."""
