"""Watch a training that somebody else's loop runs; each module needs the package of its name."""
