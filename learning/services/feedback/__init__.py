"""What becomes of predictions for programs outside: back to people, judged by the world, sized by who can look."""
