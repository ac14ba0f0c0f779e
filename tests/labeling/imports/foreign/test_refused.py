"""Files of other tools are told by what is in them, and said by name."""

import json

import pytest

from labeling.services.imports import ImportRefused
from labeling.services.imports.foreign.refused import COCO, FASTTEXT, HEAD_BYTES, TREC, VOC, YOLO, foreign_tool
from tests.labeling.imports.conftest import counts, picture, reasons, zip_of

IMAGES = [{"license": 1, "file_name": f"{n}.jpg", "height": 9, "width": 9, "id": n} for n in range(2_000)]
BOXES = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0}]
CATEGORIES = [{"id": 1, "name": "cat", "supercategory": "animal"}]
TASK = {"id": 1, "data": {"text": "a"}, "annotations": [{"id": 1, "result": [{"type": "choices"}]}]}
VOC_FILE = "<annotation><folder>a</folder><filename>a.jpg</filename><object><name>cat</name><bndbox><xmin>1</xmin>"


def written(document, **more) -> bytes:
    return json.dumps(document, **more).encode()


@pytest.mark.parametrize(
    ("head", "name", "tool"),
    [
        (written({"images": IMAGES[:1], "annotations": BOXES, "categories": CATEGORIES}), "a.json", COCO),
        (written({"info": {"year": 2017}, "licenses": [{"id": 1}], "images": IMAGES}), "instances.json", COCO),
        (written({"images": IMAGES[:1], "annotations": BOXES, "categories": []}, indent=2), "a.json", COCO),
        (written({"annotations": BOXES * 999, "images": IMAGES}), "captions.txt", COCO),
        (b"\xef\xbb\xbf" + written({"images": [], "annotations": [], "categories": CATEGORIES}), "a.json", COCO),
        (b"0 0.5 0.5 0.25 0.25\n12 .1 0.2 1 1e-3\n", "a.txt", YOLO),
        (b"0 0.5 0.5 0.25 0.25 0.99\r\n", "a.TXT", YOLO),
        (b"3 0.1 0.1 0.2 0.1 0.2 0.2\n\n", "a.txt", YOLO),
        (VOC_FILE.encode(), "a.xml", VOC),
        (b'<?xml version="1.0"?>\n<!-- x -->\n' + VOC_FILE.encode(), "a.xml", VOC),
        (b"__label__good I like it\n", "all.txt", FASTTEXT),
        (b"q1 0 d%209 3\nq1 0 d2 0\r\n", "qrels.txt", TREC),
        (b"q1 Q0 d1 1 0.5 querent-3\n", "run.txt", TREC),
        # what is none of them
        (written({"text": "a", "images": [1], "annotations": 2}), "a.jsonl", ""),
        (
            b"\n".join(written({"images": IMAGES[:1], "annotations": [], "categories": []}) for _ in range(2)),
            "a.jsonl",
            "",
        ),
        (written([TASK]), "project-1.json", ""),
        (b"q1 0 d1 3\nand then some words\n", "notes.txt", ""),
        (written([{"text": "annotations", "label": "images"}]), "a.json", ""),
        (written({"text": 'say "images": {"file_name"}', "id": 1}), "a.jsonl", ""),
        (b"0 0.5 0.5 0.25 0.25\n", "a.csv", ""),
        (b"0 0.5 0.5 0.25 0.25\nhello\n", "a.txt", ""),
        (b"1 0 0 1 1\n", "a.txt", ""),
        (b"2024 was a year\n", "a.txt", ""),
        (b"0 120.5 80.0 40 40\n", "a.txt", ""),
        (b"<annotation>good</annotation>", "a.txt", ""),
        (b"<html><annotation><object>", "a.xml", ""),
        (b"text,label\na,b\n", "a.csv", ""),
        (b"{", "a.json", ""),
        (b"[[[[[{{{}}}", "a.json", ""),
    ],
)
def test_a_file_is_told_by_its_structure(head, name, tool):
    assert foreign_tool(head[:HEAD_BYTES], name) == tool


@pytest.mark.django_db
@pytest.mark.parametrize("fixture", ["project", "pictures", "table"])
def test_it_is_refused_by_name_wherever_it_is_sent(request, bring_in, fixture):
    content = written({"images": IMAGES, "annotations": BOXES, "categories": CATEGORIES})
    with pytest.raises(ImportRefused, match=r"^This is a COCO file; boxes are not supported yet\.$"):
        bring_in(request.getfixturevalue(fixture), content, "instances.json")


@pytest.mark.django_db
def test_in_a_zip_each_is_rejected_by_name_and_the_pictures_go_in(pictures, bring_in):
    files = {
        "images/1.png": picture(1), "labels/1.txt": b"0 0.5 0.5 0.25 0.25\n", "Annotations/1.xml": VOC_FILE.encode(),
        "annotations/instances.json": written({"images": IMAGES, "annotations": BOXES}), "notes.txt": b"hello",
    }  # fmt: skip
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert counts(batch) == ("done", 1, 0, 4)
    assert [reasons(batch)[row].split(";")[0] for row in (2, 3, 4)] == [f"This is {tool}" for tool in (YOLO, VOC, COCO)]
    assert "Not a picture" in reasons(batch)[5]
