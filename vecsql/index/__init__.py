"""Vector indexes over numpy arrays: exact flat scan and the SQ8 graph."""
