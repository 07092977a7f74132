"""A sample city: its truth from a seed, its life night by night, and real servers that publish it as six owners would. Imports nothing of the project."""
