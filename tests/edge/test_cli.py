"""`ktv` reads like a table of contents, and a command that cannot be run is not in the way of the others."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import CONTENTS, ktv

SAMPLE = Path(__file__).parents[2] / "firmware-config" / "box.toml"


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *arguments: runner.invoke(ktv, list(arguments), prog_name="ktv")


@pytest.fixture
def extra(tmp_path, monkeypatch):
    """Installs a package that adds commands, as pip would."""

    def install(name: str, points: str, code: str) -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[ktv.commands]\n{points}\n")
        (tmp_path / f"{name}.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


def test_the_help_is_a_table_of_contents(run):
    shown = run("--help").output

    headings = [line.rstrip(":") for line in shown.splitlines() if line.endswith(":") and line[0] != " "]
    assert [heading for heading in headings if heading in ("Sing", "See", "Box", "Hub")][:3] == [
        "Sing",
        "See",
        "Box",
    ]
    assert "The pitch of a voice, as CSV." in shown


def test_every_command_of_the_box_can_be_loaded(run):
    own = [name for name, chapter in CONTENTS.items() if chapter.where.startswith("edge.cli.")]

    for name in own:
        result = run(name, "--help")
        assert result.exit_code == 0, result.output
        assert "cannot start" not in result.output


def test_the_help_imports_no_command():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom edge.cli import ktv\n"
        "result = CliRunner().invoke(ktv, ['--help'])\nassert result.exit_code == 0, result.output\n"
        "heavy = {'scipy', 'av', 'aiortc', 'cloud.cli', 'edge.cli.singing', 'edge.app'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_version_is_said(run):
    assert run("--version").output == "KTV Live 0.1.0\n"


def test_the_sample_settings_are_fine(run):
    result = run("settings", "check", str(SAMPLE))

    assert (result.exit_code, result.output) == (0, f"{SAMPLE}: every key and value can be used\n")


def test_wrong_settings_give_one_line_and_exit_status_2(run, tmp_path):
    file = tmp_path / "box.toml"
    file.write_text("[box]\nnmae = 'x'\n")

    result = run("settings", "check", str(file))

    assert result.exit_code == 2
    assert result.output == f"ktv: {file}, line 2: unknown key nmae in [box]; did you mean name?\n"


def test_a_box_with_wrong_settings_gives_one_line_and_exit_status_2(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "edge", "--config", str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "the settings cannot be read" in result.stderr


def test_another_package_adds_commands(run, extra):
    code = "import click\n@click.command()\ndef tune():\n    '''Tune the piano.'''\n    click.echo('tuned')\n"
    extra("ktv_piano", "tune = ktv_piano:tune", code)

    assert run("tune").output == "tuned\n"
    assert "Tune the piano." in run("--help").output


def test_an_added_command_that_cannot_be_imported_says_what_to_install(run, extra):
    extra("ktv_broken", "tune = ktv_broken:tune", "import no_such_library\n")

    result = run("tune", "--loud", "piano")

    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "No module named 'no_such_library'" in result.output and "install" in result.output
    assert run("settings", "check", str(SAMPLE)).exit_code == 0
    assert run("--help").exit_code == 0


def test_the_hubs_commands_without_the_hub_say_what_to_install(run, extra):
    extra("ktv_hubless", "rehearse = cloud.nowhere:rehearse", "")

    result = run("rehearse", "--check")

    assert result.exit_code == 2
    assert "pip install 'ktv-live[cloud]'" in result.output


def test_an_added_name_that_is_no_command_is_said(run, extra):
    extra("ktv_odd", "tune = ktv_odd:tune", "tune = 3\n")

    assert "no command" in run("tune").output


def test_an_unknown_command_is_refused(run):
    result = run("sign")

    assert result.exit_code == 2
    assert "No such command" in result.output


def test_what_the_box_refuses_is_one_line(run, extra):
    code = (
        "import click\nfrom edge.core.errors import SongError\n"
        "@click.command()\ndef tune():\n    raise SongError('song.txt, line 3:\\nno notes')\n"
    )
    extra("ktv_refusing", "tune = ktv_refusing:tune", code)

    result = run("tune")

    assert (result.exit_code, result.output) == (2, "ktv: song.txt, line 3: no notes\n")
