"""Reading tags out of a text: a trained classifier for the category, cue phrases for everything else."""
