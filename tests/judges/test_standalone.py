import subprocess
import sys

CODE = """
import pkgutil, importlib, sys, judges
for module in pkgutil.walk_packages(judges.__path__, "judges."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"django", "celery", "auditing"}))
"""


def test_the_library_loads_neither_django_nor_celery_nor_the_platform(project_root):
    run = subprocess.run(
        [sys.executable, "-c", CODE], cwd=project_root, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
