"""Watching the series: what is unusual today, how unlikely, and how many posts too many."""
