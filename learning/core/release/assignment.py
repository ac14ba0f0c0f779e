"""Who is answered by the candidate: the same caller always, and of many callers the share that was asked for."""

import hashlib


def in_candidate_arm(salt: str, caller: str, share: float) -> bool:
    """Whether a caller is answered by the candidate.

    Parameters
    ----------
    salt : str
        Of the release, so that it is not the same callers who meet every new version.
    caller : str
        Who asks, by any key.
    share : float
        From 0 (nobody) to 1 (everybody). A larger share keeps everybody of a smaller one.

    Examples
    --------
    >>> sum(in_candidate_arm("salt", f"caller {n}", 0.5) for n in range(1_000))
    508
    >>> in_candidate_arm("salt", "anybody", 0.0), in_candidate_arm("salt", "anybody", 1.0)
    (False, True)
    """
    digest = hashlib.sha256(f"{salt}\n{caller}".encode()).digest()
    return int.from_bytes(digest[:7], "big") < share * 2**56
