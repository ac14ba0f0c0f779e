"""Whether figures of several versions may be set beside one another, in sentences."""

from collections.abc import Sequence

from learning.models import ModelVersion


def comparability(versions: Sequence[ModelVersion], n_changed: int) -> list[str]:
    """What a reader has to know first; empty where all were measured on the same eval items. ``n_changed``: eval items
    that all know and whose true label is another one than before."""
    told = []
    if len({version.eval_sha256 for version in versions}) > 1 or not versions[0].eval_sha256:
        sizes = ", ".join(f"model {version.number} on {version.n_eval:,}" for version in versions)
        told.append(
            f"They were not measured on the same eval items ({sizes}): their own figures do not compare directly."
        )
    runs = [(version.teacher or version).run for version in versions]  # a student knows what its teacher learned
    schemes = [run.labels_version if run else None for run in runs]
    if len(set(schemes)) > 1:
        said = ", ".join(
            f"model {version.number} {'an unknown one' if scheme is None else f'version {scheme}'}"
            for version, scheme in zip(versions, schemes, strict=True)
        )
        told.append(
            f"They learned other versions of the label set ({said}). Merged labels are read as one, items whose label"
            " was split are left out."
        )
    if n_changed:
        one = n_changed == 1
        told.append(
            f"{n_changed:,} eval item{'' if one else 's'} that all of them know {'is' if one else 'are'} left out:"
            f" {'its' if one else 'their'} true label is another one than when one of them was measured."
        )
    if any(version.reported.intervals_note for version in versions):
        told.append("Some were measured by an earlier version of Querent, whose intervals are too narrow.")
    return told
