"""The steps of the walk: collect, classify, index, forget, replay; each safe to run twice and to kill."""
