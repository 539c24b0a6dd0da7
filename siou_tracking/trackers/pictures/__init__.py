"""What a tracked run looks like: the video with boxes, the score below it, and the strip of a whole run."""
