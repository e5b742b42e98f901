"""How `dfer-tiny` is trained: drawn faces, sentences about them, and a contrastive loss (`make tiny`)."""
