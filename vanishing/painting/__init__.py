"""Make of recipes what one edition of the book shows, outside of any kernel."""
