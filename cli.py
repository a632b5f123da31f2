"""Run the command from a checkout: `python cli.py demo`. Sets up an environment of its own where nothing is installed yet."""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
NEEDED = (3, 11)
REQUIRED = ("click", "pydantic", "yaml", "orjson", "numpy", "jieba", "rjieba", "re2", "python_calamine", "tqdm")


def say(zh: str, en: str) -> None:
    """One line on standard error, in both languages: nothing is known yet about the user's."""
    for text in (zh, en):
        try:
            print(text, file=sys.stderr)
        except UnicodeEncodeError:
            continue


def installed() -> bool:
    """Whether this interpreter has what the command needs."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in REQUIRED)


def set_up() -> Path:
    """The interpreter of .venv beside this file, made and filled if it isn't there yet."""
    folder = HERE / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() or not any((folder / stamp).exists() for stamp in (".ready", ".core")):
        say("正在准备环境 .venv（仅第一次，约一两分钟）…", "setting up .venv (once, a minute or two) ...")
        if not python.exists():
            venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        done = subprocess.run([*pip, "install", "-q", "-e", str(HERE)], check=False)
        if done.returncode:
            say(
                "安装依赖失败（原因见上）。怎么办：检查网络后重试，或在已有依赖的环境里运行。",
                "installing the dependencies failed (see above). hint: check the network and try again.",
            )
            raise SystemExit(2)
        (folder / ".core").touch()
    return python


def main() -> int:
    """Run the command in this interpreter if it can, else in the one of .venv."""
    if sys.version_info < NEEDED:
        say("需要 Python 3.11 或更高版本。", f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    if installed():
        sys.path.insert(0, str(HERE))
        from triage.cli.main import main as command

        return command()
    if os.environ.get("TRIAGE_SET_UP"):
        say("依赖仍不齐全。怎么办：删除 .venv 后重试。", "dependencies are still missing. hint: delete .venv and try again.")
        return 2
    python = set_up()
    environment = {**os.environ, "TRIAGE_SET_UP": "1"}
    return subprocess.run([str(python), str(HERE / "cli.py"), *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
