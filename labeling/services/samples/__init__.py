"""Sample projects: real data whose true labels are known, and simulated people who answer from them (decision 0110)."""

from labeling.services.samples.play import (
    is_playable,
    play_first_part,
    play_rest,
    run_playback,
    simulated_answers,
    stop_playback,
)
from labeling.services.samples.sample import FOLDER, Sample, sample_of

__all__ = [
    "FOLDER", "Sample", "is_playable", "play_first_part", "play_rest", "run_playback", "sample_of",
    "simulated_answers", "stop_playback",
]  # fmt: skip
