"""Pictures for the browser tests: drawn here, each different, decoded and stored as an import would."""

import io
import random

from django.db.models import F
from PIL import Image, ImageDraw

from labeling.models import Asset, Item, Progress, Project, Split
from labeling.services.files import storage
from labeling.services.items.pictures import inspect, original_name

SHAPES = ("circle", "square", "triangle")


def drawn(number: int, side: int = 640) -> bytes:
    """A JPEG of a coloured shape; the same number gives the same picture."""
    rng = random.Random(number)
    image = Image.new("RGB", (side, side * 3 // 4), tuple(rng.randrange(150, 256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    ink = tuple(rng.randrange(0, 120) for _ in range(3))
    left, top, size = rng.randrange(40, side // 3), rng.randrange(30, side // 5), side // 3
    box = (left, top, left + size, top + size)
    shape = SHAPES[number % len(SHAPES)]
    if shape == "circle":
        draw.ellipse(box, fill=ink)
    elif shape == "square":
        draw.rectangle(box, fill=ink)
    else:
        draw.polygon([(left, top + size), (left + size, top + size), (left + size // 2, top)], fill=ink)
    for _ in range(400):
        draw.point((rng.randrange(side), rng.randrange(side * 3 // 4)), fill=ink)
    target = io.BytesIO()
    image.save(target, "JPEG", quality=88)
    return target.getvalue()


def make_pictures(project: Project, contents: list[bytes], split: Split = Split.POOL) -> list[Item]:
    """Picture items in ordinal order; Progress is kept true."""
    start = Progress.objects.get(project=project).next_ordinal
    items = []
    for ordinal, content in enumerate(contents, start):
        facts = inspect(content)
        path = original_name(project.pk, facts.sha256)
        storage.put(path, content)
        asset = Asset.objects.create(
            project=project, path=path, sha256=facts.sha256, size_bytes=facts.size_bytes, format=facts.format,
            media_type=facts.media_type, mode=facts.mode, width=facts.width, height=facts.height, frames=facts.frames,
            orientation=facts.orientation, perceptual_hash=facts.perceptual_hash,
        )  # fmt: skip
        items.append(
            Item(
                project=project, ordinal=ordinal, external_id=f"IMG_{ordinal}_secret.jpg", content_hash=facts.sha256,
                asset=asset, split=split, draw_key=int(facts.sha256[:15], 16), annotations_required=project.overlap,
            )
        )  # fmt: skip
    made = Item.objects.bulk_create(items)
    counts = {f"{split}_items": F(f"{split}_items") + len(made), f"{split}_open": F(f"{split}_open") + len(made)}
    Progress.objects.filter(project=project).update(next_ordinal=F("next_ordinal") + len(made), **counts)
    return made
