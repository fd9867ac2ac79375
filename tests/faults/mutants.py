"""A plugin folder with broken sinks in it, made for these tests out of the sink's test classes."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

from metastore_sync.settings import PROJECT

#: Connector classes that break one promise each; see their sources.
EARLY = "io.tidegate.connect.s3.EarlyReportingConnector"
UNCONDITIONAL = "io.tidegate.connect.s3.UnconditionalConnector"

_SINK = PROJECT / "connect" / "s3-sink"
_SOURCES = _SINK / "src" / "test" / "java" / "io" / "tidegate" / "connect" / "s3"
_SERVICE = "META-INF/services/org.apache.kafka.connect.sink.SinkConnector"
_NAMES = ("MutantConnector", "MutantTask", "EarlyReportingConnector", "UnconditionalConnector")


def assemble(folder: Path) -> Path:
    """
    Make a plugin path whose one plugin is the built sink and its mutants; return it.

    They lie together because a plugin's class loader is where package-private access ends.
    """
    plugin = folder / "plugins" / "tidegate-s3-sink-mutants"
    shutil.copytree(_SINK / "target" / "plugin" / "tidegate-s3-sink", plugin)
    classes = folder / "classes"
    _compile(plugin, classes)
    with zipfile.ZipFile(plugin / "mutants.jar", "w") as jar:
        for file in classes.rglob("*.class"):
            jar.write(file, file.relative_to(classes))
        jar.writestr(_SERVICE, f"{EARLY}\n{UNCONDITIONAL}\n")
    return plugin.parent


def _compile(plugin: Path, into: Path) -> None:
    sources = [str(_SOURCES / f"{name}.java") for name in _NAMES]
    path = f"{plugin}/*:{PROJECT / '.jars' / 'kafka'}/*"
    command = ["javac", "--release", "17", "-nowarn", "-cp", path, "-d", str(into), *sources]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
