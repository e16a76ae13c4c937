"""Where posts and mentions are kept: one contract, two engines."""
