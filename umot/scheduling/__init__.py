"""What a scheduler needs to know of a workspace: sources with their schedules, secrets, and whether to try again."""
