"""Box losses of actors that no list knows: found by what an objective does, exchanged in a copy of the actor.

For the many descendants of PyTracking whose actors hold the loss at `objective['giou']`, in a set criterion or in a
function of their module. Start reading in search.py, which says where a box term can be; probe.py asks an objective
what it answers; objective.py is what stands in its place; watch.py sees to it that no error of it is lost and that it
is trained on.

A comparison with the loss that was exchanged is not of the two formulas alone: upstream's GIoU asserts that no box is
reversed, for the whole batch, and its actors take 0 for the box term of a batch where it does. The exchanged loss has
a value and a gradient there.
"""
