"""Elementary functions built from FMA, selects and bit operations, for scalars and vectors alike."""
