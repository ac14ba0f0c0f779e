"""What belongs to a person's account: tokens, signing in, what the trail says of both."""
