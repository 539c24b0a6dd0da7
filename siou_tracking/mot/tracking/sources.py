"""Where the detections of a sequence come from: the network, with frames decoded ahead in threads, or files."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch

from siou_tracking.boxes import convert
from siou_tracking.device import check_device, default_device
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.mot.data.box_forms import COLUMNS, other_form
from siou_tracking.mot.data.letterbox import letterbox, normalize_images
from siou_tracking.mot.data.motchallenge import SequenceInfo, Tracks, read_detections, read_truth
from siou_tracking.mot.data.sequences import Reader
from siou_tracking.mot.data.tracks import PEDESTRIAN
from siou_tracking.mot.models.loading import load_mot_net
from siou_tracking.mot.tracking.decode import Placement, decode
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.parallel import cores

logger = get_logger(__name__)

_READERS = 4


class Stopwatch:
    """Seconds spent in each of several activities."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = collections.defaultdict(float)

    @contextlib.contextmanager
    def __call__(self, activity: str) -> Iterator[None]:
        """Count the time inside as that of `activity`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[activity] += time.perf_counter() - start


class DetectionSource(Protocol):
    """Gives the detections of every frame of a sequence, in order."""

    best_score: float | None
    """The highest of the sequence that was asked for last, also below every threshold; None without any detection."""

    def __call__(self, sequence: SequenceInfo, clock: Stopwatch) -> Iterator[Detections]: ...


class Batch(NamedTuple):
    """Frames as the network takes them, N of which have a picture."""

    images: np.ndarray
    """(N, H, W, 3) uint8 RGB."""
    placements: list[Placement]
    """Of these N."""
    readable: list[bool]
    """For every frame, in order, whether it has a picture."""


def read_batches(sequence: SequenceInfo, width: int, height: int, batch_size: int) -> Iterator[Batch]:
    """The frames of a sequence, letterboxed; the next ones are read while the caller works on a batch.

    Raises:
        InputError: an image that cannot be read, named, when its batch is asked for.
    """
    threads = min(_READERS, cores(), batch_size) if sequence.any_order else 1
    with contextlib.ExitStack() as stack:
        pool = concurrent.futures.ThreadPoolExecutor(threads)
        stack.callback(pool.shutdown, cancel_futures=True)
        ahead: collections.deque[concurrent.futures.Future[_Placed | None]] = collections.deque()
        readers = iter(sequence.readers())

        def order() -> None:
            while len(ahead) < 2 * batch_size and (reader := next(readers, None)) is not None:
                ahead.append(pool.submit(_read, reader, width, height))

        order()
        while ahead:
            rows = [ahead.popleft().result() for _ in range(min(batch_size, len(ahead)))]
            order()
            frames = [row for row in rows if row is not None]
            if frames:
                seen = [(image, placement) for image, placement in frames if image is not None]
                images = np.stack([image for image, _ in seen]) if seen else np.empty((0, height, width, 3), np.uint8)
                yield Batch(images, [placement for _, placement in seen], [image is not None for image, _ in frames])
            if len(frames) < len(rows):
                return


_Placed = tuple[np.ndarray | None, Placement]


def _read(reader: Reader, width: int, height: int) -> _Placed | None:
    """A frame fitted into the network's input, without an image where it has no picture; None after the last."""
    frame = reader()
    if frame is None:
        return None
    if frame.picture is None:
        return None, (1.0, (0.0, 0.0))
    image, scale, pad = letterbox(frame.picture, width, height)
    return image, (scale, pad)


class NetworkSource:
    """Detections by a trained network.

    Args:
        weights: a checkpoint of the one-stage network.
        params: thresholds, see `MOTParams`.
        device: where to compute; None takes a GPU when there is one.
        batch_size: frames at once.
        input_size: width and height that frames are fitted into; None takes the size trained at.

    Raises:
        InputError: an unreadable checkpoint or one of another network, a device that is not here, or a size or number
            of frames that cannot be.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str],
        params: MOTParams,
        device: str | torch.device | None = None,
        batch_size: int = 8,
        input_size: tuple[int, int] | None = None,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch size: got {batch_size}, allowed are numbers from 1")
        self.device = check_device(device or default_device())
        net = load_mot_net(weights)
        self.net = net.to(self.device).eval().requires_grad_(False)
        self.params, self.batch_size = params, batch_size
        size = tuple(input_size or net.input_size)
        if len(size) != 2 or any(side < net.stride or side % net.stride for side in size):
            raise InputError(f"input size: got {size}, allowed is a width and a height that {net.stride} divides")
        self.input_size = size
        self.best_score: float | None = None

    @torch.no_grad()
    def __call__(self, sequence: SequenceInfo, clock: Stopwatch) -> Iterator[Detections]:
        width, height = self.input_size
        batches = read_batches(sequence, width, height, self.batch_size)
        self.best_score = None
        while True:
            with clock("waiting for images"):
                batch = next(batches, None)
            if batch is None:
                return
            found = iter(self._detect(batch, clock) if len(batch.images) else ())
            for readable in batch.readable:
                yield next(found) if readable else Detections.of(np.empty((0, 4)), np.empty(0))

    def _detect(self, batch: Batch, clock: Stopwatch) -> list[Detections]:
        with clock("network"):
            images = torch.from_numpy(batch.images).to(self.device).permute(0, 3, 1, 2)
            outputs = self.net(normalize_images(images))
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)  # the decoder waits for it anyway
        with clock("decoding"):
            best = float(outputs["heatmap"].amax().float().sigmoid())
            self.best_score = best if self.best_score is None else max(self.best_score, best)
            return decode(
                outputs,
                self.net.stride,
                batch.placements,
                top_k=self.params.top_k,
                threshold=self.params.detection_threshold,
            )


class FileSource:
    """Detections from files, without embeddings and without a look at the images.

    Args:
        origin: "det" for each sequence's det/det.txt, "gt" for the pedestrians that its ground truth counts, or a
            folder with a <SEQUENCE>.txt for each.

    Raises:
        InputError: none of these.
    """

    def __init__(self, origin: str | os.PathLike[str]) -> None:
        self.origin = os.fspath(origin)
        if self.origin not in ("det", "gt"):
            folder = Path(origin)
            if not folder.is_dir():
                raise InputError(f"detections: got '{origin}', allowed are 'det', 'gt' or a folder of <SEQUENCE>.txt")
            self.origin = str(folder.resolve())
        self.best_score: float | None = None

    def __call__(self, sequence: SequenceInfo, clock: Stopwatch) -> Iterator[Detections]:
        with clock("reading detections"):
            table = self._table(sequence)
            self.best_score = float(table.score.max()) if len(table) else None
            boxes = convert(table.xywh, "xywh", "xyxy")
            frames = table.frame_slices(sequence.length)
        for rows in frames:
            yield Detections.of(boxes[rows], table.score[rows])

    def _table(self, sequence: SequenceInfo) -> Tracks:
        if self.origin in ("det", "gt") and sequence.folder.is_file():
            allowed = f"allowed is a folder with {sequence.name}.txt"
            raise InputError(f"detections: got '{self.origin}', which the video {sequence.folder} has not; {allowed}")
        if self.origin == "gt":
            truth = read_truth(sequence)
            return truth.select(truth.considered & (truth.category == PEDESTRIAN))
        path = sequence.detections_path if self.origin == "det" else Path(self.origin) / f"{sequence.name}.txt"
        table = read_detections(path, sequence.length)
        if form := other_form(table, width=sequence.width):
            logger.warning(f"note: {path}: boxes look like {form}: {COLUMNS}")
        return table
