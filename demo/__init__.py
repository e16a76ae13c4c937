"""The demonstration: a year of three garden shops that do not exist, served on loopback and collected for real."""
