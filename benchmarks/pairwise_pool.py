"""Gives a running home's project its annotators for benchmarks/pairwise_replay.py: prints their tokens as JSON.

python -m benchmarks.pairwise_pool --project arguments --people 20
"""

import argparse
import json
import os
import sys


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", required=True)
    parser.add_argument("--people", type=int, default=20)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from labeling.models import ApiToken, Member, Project, Role, User

    project = Project.objects.get(slug=options.project)
    tokens = {}
    for number in range(options.people):
        user = User.objects.create(username=f"replay-{number}", password="!")
        Member.objects.create(project=project, user=user, role=Role.ANNOTATOR)
        tokens[user.username] = ApiToken.issue(user, "replay")[1]
    print(json.dumps(tokens))
    return 0


if __name__ == "__main__":
    sys.exit(main())
