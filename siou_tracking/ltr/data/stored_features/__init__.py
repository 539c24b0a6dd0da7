"""Image pairs as the maps that a frozen backbone makes of them, computed once and read from then on.

    pairs = sampler.ATOMSampler(...)
    pairs = stored_features.keep_features(pairs, net, count=2000, settings=settings)
    loader = LTRLoader("train", pairs, ...)

The backbone is most of a step of a small head, and gives the same for the same crop whatever the head has learned. So
crops with their jitter and colors are drawn once, `count` of them, and their maps kept; proposals and labels, which
cost nothing, are made anew whenever a pair is read. A store is a folder of .npy files, mapped into memory, which any
number of processes read at once. Its name comes of what it was made from (data, crops, backbone, seed), which
`made_from.json` in it says: one that was made from something else is never taken. A pair of EfficientNet-Lite0's maps
at 224 pixels takes 213 kB. Old stores are not removed; their folder may be, whole or in part, while nothing trains.
"""

from siou_tracking.ltr.data.stored_features.keeping import keep_features
from siou_tracking.ltr.data.stored_features.pairs import StoredPairs

__all__ = ["StoredPairs", "keep_features"]
