"""The `mot` verbs of the command line: one file a verb, its arguments and its body together."""

from siou_tracking.mot.cli import pack, quickstart, score, track, train

VERBS = (train.VERB, track.VERB, score.VERB, pack.VERB, quickstart.VERB)
