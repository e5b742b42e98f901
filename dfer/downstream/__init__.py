"""What a trained video tower is good for beside its classes: ordinal scores, such as those of symptoms."""
