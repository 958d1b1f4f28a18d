"""The rules of the exam as pure values and functions: no I/O, no clock, no chance of its own."""
