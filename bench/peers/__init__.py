"""Where the peers come from. What cannot be had here is `Missing`, with what to install."""

import os
import shutil
import subprocess

from measure import command_seconds


class Missing(Exception):
    """A peer cannot be had; the text says why and what to do."""


class _Wanted:
    """Whether peers are measured at all."""

    peers = True


def leave_out():
    """From now on every peer is missing."""
    _Wanted.peers = False


def command(name, package):
    """A command of the system."""
    look_for_peers()
    if found := shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin"):
        return found
    raise Missing(f"`{name}`; apt-get install {package}")


def look_for_peers():
    if not _Wanted.peers:
        raise Missing("left out")


def python(bench, module):
    """The Python of an environment of its own that has the module."""
    look_for_peers()
    folder = os.path.join(bench.cache, "python")
    interpreter = os.path.join(folder, "bin", "python")
    here = os.path.dirname(__file__)
    imports = [interpreter, "-c", f"import {module}"]
    if os.path.exists(interpreter) and subprocess.run(imports, capture_output=True).returncode == 0:
        return interpreter
    try:
        subprocess.run(["python3", "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run(
            [interpreter, "-m", "pip", "install", "--quiet", "-r", os.path.join(here, "requirements.txt")],
            check=True,
            capture_output=True,
            timeout=300,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise Missing(f"PyPI's `{module}` could not be installed: {error}") from error
    return interpreter


def peer_seconds(command):
    """Processor time, in seconds, of a peer's command. One that fails is missing: ours are measured all the same."""
    try:
        return command_seconds(command)[0]
    except RuntimeError as error:
        raise Missing(f"it failed: {str(error).strip().splitlines()[-1]}") from error


def go_program(bench, name):
    """A Go program of ours, built from its folder here."""
    go = command("go", "golang-go")
    built = os.path.join(bench.cache, name)
    try:
        subprocess.run(
            [go, "build", "-o", built, "."],
            cwd=os.path.join(os.path.dirname(__file__), name),
            check=True,
            capture_output=True,
            timeout=300,
        )
    except subprocess.SubprocessError as error:
        raise Missing(f"the Go program `{name}` could not be built: {getattr(error, 'stderr', error)}") from error
    return built


def wiremock(bench):
    """The command that starts WireMock."""
    version = "3.13.1"
    archive = os.path.join(bench.cache, f"wiremock-standalone-{version}.jar")
    java = command("java", "default-jre-headless")
    if not os.path.exists(archive):
        copy = ["dependency:copy", f"-Dartifact=org.wiremock:wiremock-standalone:{version}"]
        try:
            subprocess.run(
                [command("mvn", "maven"), "--quiet", "--batch-mode", *copy, f"-DoutputDirectory={bench.cache}"],
                check=True,
                capture_output=True,
                timeout=300,
            )
        except subprocess.SubprocessError as error:
            raise Missing(f"WireMock {version} could not be had: {error}") from error
    return [java, "-jar", archive]
