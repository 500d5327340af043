"""The intermediate representation: what a program is; names no op."""
