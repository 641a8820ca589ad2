"""Rooms know only what stands below them; see tests/architecture.py for what counts."""

import shutil
from pathlib import Path

import pytest

from tests.architecture import LEVEL_OF, ROOT, check

_PLANTS = {
    "an upward import": (
        "phases/services/planted.py",
        "from cohorts.models import Person\n",
        "phases imports cohorts.models, but cohorts stands above or beside it",
    ),
    "an upward import for types only": (
        "rollout_portal/outbox/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import phases.models\n",
        "rollout_portal.outbox imports phases.models, but phases stands above or beside it",
    ),
    "an upward import of a room by its parent": (
        "rollout_portal/lib/planted.py",
        "from rollout_portal import jobs\n",
        "rollout_portal.lib imports rollout_portal.jobs, but rollout_portal.jobs stands above or beside it",
    ),
    "a relative upward import": (
        "rollout_portal/audit/planted.py",
        "from ..console import views\n",
        "rollout_portal.audit imports rollout_portal.console, but rollout_portal.console stands above",
    ),
    "an import between rooms of one level": (
        "flags/planted.py",
        "import comms.models\n",
        "flags imports comms.models, but comms stands above or beside it",
    ),
    "an upward module named by a string": (
        "cohorts/planted.py",
        "from importlib import import_module\nimport_module('feedback.services')\n",
        "cohorts names the module 'feedback.services', but feedback stands above or beside it",
    ),
    "an import of what joins the rooms": (
        "phases/planted.py",
        "from rollout_portal import settings\n",
        "phases imports rollout_portal.settings, which belongs to no room",
    ),
    "an import of the tests": (
        "phases/planted.py",
        "from tests.factories import user\n",
        "phases imports tests.factories; the portal does not know its tests",
    ),
    "an import in a function": (
        "feedback/planted.py",
        "def act():\n    from phases import states\n    return states\n",
        "feedback/planted.py:2: imports phases inside act(); imports stand at the top of a file",
    ),
    "an import in a method of a test": (
        "tests/planted.py",
        "class Case:\n    def check(self):\n        if True:\n            import json\n",
        "tests/planted.py:4: imports json inside check(); imports stand at the top of a file",
    ),
    "a foreign key by string": (
        "cohorts/planted.py",
        "from django.db import models\nphase = models.ForeignKey('phases.Phase', on_delete=models.PROTECT)\n",
        "cohorts/planted.py:2: cohorts names a model of phases by a string; import the class",
    ),
    "a many-to-many table by string": (
        "feedback/planted.py",
        "from django.db.models import ManyToManyField\n"
        "people = ManyToManyField(to='cohorts.Person', through='cohorts.Membership')\n",
        "feedback/planted.py:2: feedback names a model of cohorts by a string; import the class",
    ),
    "a foreign key to the account by string": (
        "phases/planted.py",
        "from django.db import models\nby = models.OneToOneField(to='accounts.User', on_delete=1)\n",
        "phases/planted.py:2: phases names a model of rollout_portal.accounts by a string; import the class",
    ),
    "a model by name": (
        "phases/planted.py",
        "from django.apps import apps\nModel = apps.get_model('feedback.Survey')\n",
        "phases/planted.py:2: phases names a model of feedback by a string; import the class",
    ),
    "a content type by name": (
        "phases/planted.py",
        "from django.contrib.contenttypes.models import ContentType\n"
        "kind = ContentType.objects.get(app_label='feedback', model='survey')\n",
        "phases/planted.py:2: phases names a model of feedback by a string; import the class",
    ),
    "a content type by natural key": (
        "phases/planted.py",
        "kind = ContentType.objects.get_by_natural_key('cohorts', 'person')\n",
        "phases/planted.py:1: phases names a model of cohorts by a string; import the class",
    ),
    "a signal of a model by name": (
        "phases/planted.py",
        "post_save.connect(print, sender='cohorts.Person')\n",
        "phases/planted.py:1: phases names a model of cohorts by a string; import the class",
    ),
    "a migration that depends on an upper room": (
        "phases/migrations/9999_planted.py",
        "class Migration:\n    dependencies = [('cohorts', '0001_initial')]\n",
        "phases/migrations/9999_planted.py:2: the migration depends on cohorts, above or beside phases",
    ),
    "a migration with a foreign key upwards": (
        "phases/migrations/9999_planted.py",
        "class Migration:\n    operations = [AddField(field=models.ForeignKey(to='cohorts.person'))]\n",
        "phases/migrations/9999_planted.py:2: the migration names a model of cohorts, above or beside phases",
    ),
    "a migration that reads an upper room": (
        "phases/migrations/9999_planted.py",
        "def fill(apps, editor):\n    apps.get_model('cohorts', 'Person')\n",
        "phases/migrations/9999_planted.py:2: the migration names a model of cohorts, above or beside phases",
    ),
}

_ALLOWED = {
    "cohorts/planted.py": "from phases.models import Phase\nfrom rollout_portal.lib import clock\n",
    "cohorts/migrations/9999_planted.py": (
        "class Migration:\n    dependencies = [('phases', '0001_initial'), ('auth', '0001_initial')]\n"
        "    operations = [AddField(field=models.ForeignKey(to='phases.phase'))]\n"
    ),
    "phases/planted.py": (
        "from django.conf import settings\nfrom django.db import models\n"
        "by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)\n"
        "parent = models.ForeignKey('phases.Phase', on_delete=models.PROTECT)\n"
        "measure = 'feedback.nps'\n"
    ),
    "rollout_portal/urls.py": "from feedback import urls\n",
}


def test_imports_point_downwards() -> None:
    assert [str(finding) for finding in check(ROOT)] == []


def test_every_app_is_a_room() -> None:
    """An app that the table of levels does not name would be held to no rule."""
    apps = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for pattern in ("*/apps.py", "rollout_portal/*/apps.py")
        for path in ROOT.glob(pattern)
    }
    assert apps == set(LEVEL_OF) - {"rollout_portal.lib"}


@pytest.mark.parametrize("plant", _PLANTS)
def test_a_planted_breach_is_found(plant: str, tmp_path: Path) -> None:
    file, code, expected = _PLANTS[plant]
    _plant(tmp_path, file, code)
    found = [str(finding) for finding in check(tmp_path)]
    assert any(expected in finding for finding in found), found


@pytest.mark.parametrize("file", _ALLOWED)
def test_what_points_downwards_is_left_alone(file: str, tmp_path: Path) -> None:
    _plant(tmp_path, file, _ALLOWED[file])
    assert check(tmp_path) == []


def test_a_breach_is_found_in_a_copy_of_the_whole_code(tmp_path: Path) -> None:
    for room in ("rollout_portal", "phases"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    models = tmp_path / "phases" / "models" / "__init__.py"
    models.write_text(
        models.read_text(encoding="utf-8") + "\nfrom feedback import models as planted\n", "utf-8"
    )
    assert [(finding.file, finding.what) for finding in check(tmp_path)] == [
        ("phases/models/__init__.py", f"phases imports {module}, but feedback stands above or beside it")
        for module in ("feedback", "feedback.models")
    ]


def _plant(root: Path, file: str, code: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")
