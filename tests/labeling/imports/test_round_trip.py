"""What an export wrote is read back the same: ids, groups, labels, contexts, sides and the items' own columns."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.models import Annotation, Item
from labeling.selectors.export import Filters
from labeling.services.exports import FORMATS
from tests.factories import make_project

pytestmark = pytest.mark.django_db
