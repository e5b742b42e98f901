"""What a frozen image tower says of single frames: computed once, kept, and sampled as frames are."""
