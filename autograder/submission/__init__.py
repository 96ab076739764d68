"""What was handed in: read as bytes that anyone may have written, rebuilt on the skeleton of the course, and what of it runs."""
