"""SQL types: OIDs and the text/binary codecs of each type family."""
