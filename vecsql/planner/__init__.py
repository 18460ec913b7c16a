"""From SQL text to a physical plan: parse, bind, rewrite, choose."""
