"""jitad: differentiate NumPy programs and compile them."""
