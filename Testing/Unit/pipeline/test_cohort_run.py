"""A cohort from its table to its tables; the patients are played by a stand-in, and twice by the whole chain."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline import cohort, cohort_dask
from GliomaRadiomicsLib.pipeline.cohort import CohortSummary, run_cohort
from GliomaRadiomicsLib.pipeline.cohort_plan import RESERVED, folder_names
from GliomaRadiomicsLib.pipeline.processes import worker_environment

FAKE = (sys.executable, str(Path(__file__).resolve().parents[2] / "support" / "fake_patient.py"))
QUICK = AnalyzeSettings(steps=("features",))

Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Writes COHORT.csv and the stand-ins' images: what each does, by case."""

    def write(**cases: str) -> Path:
        lines = ["case,t1,flair,age"]
        for case, text in cases.items():
            folder = tmp_path / "images" / case
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "t1.nii").write_text(text)
            lines.append(f"{case},images/{case}/t1.nii,,50")
        path = tmp_path / "COHORT.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def run(path: Path, out: Path, **options: Any) -> CohortSummary:
    return run_cohort(path, out, **{"settings": QUICK, "workers": 1, "command": FAKE, **options})


def rows(out: Path, name: str = "cohort.csv") -> dict[str, dict[str, str]]:
    with (out / name).open(newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


def created(out: Path, case: str) -> str:
    return json.loads((out / case / "result.json").read_text())["created"]


def without_seconds(found: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found.values()]


def test_every_patient_has_a_folder_and_a_line(table: Table, tmp_path: Path) -> None:
    told: list[dict] = []
    heard: list[tuple[float, str]] = []
    progress = Progress(lambda fraction, message: heard.append((fraction, message)))
    out = tmp_path / "out"
    summary = run(table(A="ok 12.5", B="ok 3"), out, on_patient=told.append, progress=progress)
    assert (summary.counts["done"], summary.faults) == (2, [])
    found = rows(out)
    assert [(row["line"], row["status"], row["wt_ml"]) for row in found.values()] == [
        ("2", "done", "12.5"),
        ("3", "done", "3"),
    ]
    assert all((out / row["folder"] / "result.json").is_file() for row in found.values())
    wide = rows(out, "features_wide.csv")
    assert {case: float(row["t1_WT_firstorder_Mean"]) for case, row in wide.items()} == {"A": 12.5, "B": 3.0}
    about = json.loads((out / "cohort.json").read_text())
    assert (about["state"], about["patients"], about["counts"]["done"]) == ("done", 2, 2)
    assert about["settings"]["steps"] == ["features"]
    assert len((out / "skipped.csv").read_text().splitlines()) == 1
    assert [(event["case"], event["status"], event["done"], event["of"]) for event in told] == [
        ("A", "done", 1, 2),
        ("B", "done", 2, 2),
    ]
    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_who_cannot_be_used_stops_nobody(table: Table, tmp_path: Path) -> None:
    path = table(A="refuse", B="crash", C="ok 1", D="ok 1", E="ok 1", F="ok 1", G="ok 1")
    text = path.read_text().replace("images/D/t1.nii", "images/D/none.nii").replace("E/t1.nii,,50", "E/t1.nii,,500")
    path.write_text(text.replace("F,images/F/t1.nii", "F,"))
    out = tmp_path / "out"
    summary = run(path, out)
    found = rows(out)
    assert {case: row["status"] for case, row in found.items()} == {
        **{"A": "refused", "B": "failed", "C": "done", "D": "refused", "E": "refused", "F": "skipped", "G": "done"}
    }
    assert found["A"]["message"] == "t1: image is constant; check the export"
    assert found["D"]["message"].startswith("t1: no such file")
    assert "500" in found["E"]["message"]
    assert str(tmp_path) not in (out / "cohort.csv").read_text() + (out / "skipped.csv").read_text()
    assert [row["case"] for row in summary.faults] == ["A", "B", "D", "E"]
    assert {case: row["line"] for case, row in rows(out, "skipped.csv").items()} == {
        **{"A": "2", "B": "3", "D": "5", "E": "6", "F": "7"}
    }
    assert not (out / "A").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: no SIGKILL on Windows")
def test_a_patient_killed_by_the_system_is_a_failure(table: Table, tmp_path: Path) -> None:
    run(table(A="die", B="ok 1"), tmp_path / "out")
    found = rows(tmp_path / "out")
    assert (found["A"]["status"], found["B"]["status"]) == ("failed", "done")
    assert "memory" in found["A"]["message"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("B,", "A,", ["line 3", "twice", "line 2"]),
        ("B,", ",", ["line 3", "no name"]),
        ("B/t1.nii,,50", "B/t1.nii,,50,left,over", ["line 3", "more cells", "left"]),
        ("case,", "patient,", ["case"]),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused_before_anything_runs(
    table: Table, tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    path = table(A="ok 1", B="ok 1")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(RefusedInput) as refusal:
        run(path, tmp_path / "out")
    assert all(word in str(refusal.value) for word in words)
    assert not (tmp_path / "out").exists()


def test_lines_are_counted_as_an_editor_does(table: Table, tmp_path: Path) -> None:
    path = table(A="ok 1", B="ok 1")
    path.write_text(path.read_text().replace("B,", "\n\nB,"))
    run(path, tmp_path / "out")
    assert rows(tmp_path / "out")["B"]["line"] == "5"


def test_resume_keeps_only_what_is_the_same(table: Table, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(table(A="ok 1", B="ok 2", C="crash"), out)
    before = {case: created(out, case) for case in "AB"}
    seconds = rows(out)["A"]["seconds"]
    path = table(A="ok 1", B="ok 5", C="ok 3")
    assert run(path, out, resume=True).kept == 1
    found = rows(out)
    assert [row["wt_ml"] for row in found.values()] == ["1", "5", "3"]
    assert found["A"]["seconds"] == seconds
    assert created(out, "A") == before["A"]
    assert created(out, "B") != before["B"]
    assert run(path, out, resume=True).kept == 3
    assert run(path, out, resume=True, settings=AnalyzeSettings(steps=("features", "report"))).kept == 0
    path.write_text(path.read_text().replace(",50", ",51"))
    assert run(path, out, resume=True, settings=AnalyzeSettings(steps=("features", "report"))).kept == 0
    text = (out / "A" / "result.json").read_text()
    version = json.loads(text)["versions"]["glioma-radiomics"]
    (out / "A" / "result.json").write_text(text.replace(f'"{version}"', '"0.0.0"'))
    shutil.rmtree(out / "B")
    kept = run(path, out, resume=True, settings=AnalyzeSettings(steps=("features", "report"))).kept
    assert kept == 1
    assert run(path, out, settings=AnalyzeSettings(steps=("features", "report"))).kept == 0


def cancel_when(path: Path) -> Progress:
    return Progress(is_cancelled=path.exists)


def wait_for_no_process(number: int) -> None:
    status = Path(f"/proc/{number}/stat")
    deadline = time.monotonic() + 10
    while status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        assert time.monotonic() < deadline, "the patient's process is still there"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="SKIPPED: looks for the process in /proc")
@pytest.mark.parametrize("workers", [1, 2])
def test_cancel_ends_the_processes_and_keeps_who_is_complete(table: Table, tmp_path: Path, workers: int) -> None:
    path, out = table(A="ok 1", B="hang", C="ok 2" if workers == 2 else "hang"), tmp_path / "out"
    pid = tmp_path / "images" / "B" / "pid"
    done = [out / case / "result.json" for case in ("AC" if workers == 2 else "A")]

    def is_time() -> bool:
        return pid.exists() and all(one.exists() for one in done)

    with pytest.raises(Cancelled):
        run(path, out, workers=workers, progress=Progress(is_cancelled=is_time))
    wait_for_no_process(int(pid.read_text()))
    assert "A" in rows(out)
    assert "B" not in rows(out)
    about = json.loads((out / "cohort.json").read_text())
    assert about["state"] == "cancelled"
    assert about["counts"]["not_run"] >= 1
    assert not [one for one in out.iterdir() if one.name.startswith(".")]
    summary = run(table(A="ok 1", B="ok 2", C="ok 2"), out, resume=True)
    assert (summary.counts["done"], summary.kept >= 1) == (3, True)


def test_two_workers_on_dask_find_what_one_finds(table: Table, tmp_path: Path) -> None:
    path = table(A="ok 1", B="refuse", C="crash", D="ok 4", E="ok 5")
    told: list[dict] = []
    run(path, tmp_path / "one")
    run(path, tmp_path / "two", workers=2, on_patient=told.append)
    assert without_seconds(rows(tmp_path / "two")) == without_seconds(rows(tmp_path / "one"))
    for name in ("skipped.csv", "features_wide.csv"):
        assert (tmp_path / "two" / name).read_text() == (tmp_path / "one" / name).read_text()
    assert sorted(event["done"] for event in told) == [1, 2, 3, 4, 5]
    assert json.loads((tmp_path / "two" / "cohort.json").read_text())["cluster"] == "embedded"
    assert run(path, tmp_path / "two", resume=True).kept == 3


def test_a_scheduler_that_is_there_already(table: Table, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://", host="127.0.0.1"
    ) as cluster:
        run(table(A="ok 1", B="refuse"), tmp_path / "out", workers=None, scheduler=cluster.scheduler_address)
    assert [row["status"] for row in rows(tmp_path / "out").values()] == ["done", "refused"]


def test_no_scheduler_and_no_dask_are_refused(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(A="ok 1", B="ok 1")
    monkeypatch.setattr(cohort_dask, "_CONNECT_S", 0.5)
    with pytest.raises(RefusedInput, match="no scheduler answers"):
        run(path, tmp_path / "other", workers=None, scheduler="tcp://127.0.0.1:9")
    monkeypatch.setattr(cohort, "has_dask", lambda: False)
    with pytest.raises(RefusedInput, match=r"pip install .*cohort"):
        run(path, tmp_path / "out", workers=2)
    assert not (tmp_path / "out").exists()
    run(path, tmp_path / "out", workers=None)
    assert json.loads((tmp_path / "out" / "cohort.json").read_text())["cluster"] == "none"


def test_the_folder_is_a_cohorts_and_one_runs_at_a_time(table: Table, tmp_path: Path) -> None:
    path = table(A="hang")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(RefusedInput, match=r"not an earlier cohort.*thesis"):
        run(path, tmp_path / "full")
    stop, out = tmp_path / "stop", tmp_path / "out"
    first = threading.Thread(target=lambda: pytest.raises(Cancelled, run, path, out, progress=cancel_when(stop)))
    first.start()
    while not (tmp_path / "images" / "A" / "pid").exists():
        time.sleep(0.02)
    with pytest.raises(RefusedInput, match="another run"):
        run(path, out)
    stop.touch()
    first.join(timeout=20)
    assert not first.is_alive()


def test_names_of_cases_are_safe_folders() -> None:
    cases = ["P1", "p1", "../x", "a/b", "a:b", ".hidden", "con", "é", "x" * 300, *RESERVED]
    names = folder_names(cases)
    assert names["P1"] == "P1"
    assert len({name.lower() for name in names.values()}) == len(cases)
    assert all(name.isascii() and "/" not in name and len(name) < 120 for name in names.values())
    assert not {name.lower() for name in names.values()} & {*RESERVED, "con", "..", "."}


def test_the_whole_chain_on_two_phantoms(
    phantom_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flair, seg = phantom_files["flair"], phantom_files["seg"]
    for case in "AB":
        (tmp_path / case).mkdir()
        shutil.copy(flair, tmp_path / case / flair.name)
        shutil.copy(seg, tmp_path / case / seg.name)
    lines = [f"{case},{case}/{flair.name},{case}/{seg.name},61" for case in "AB"]
    table = tmp_path / "COHORT.csv"
    table.write_text("\n".join(["case,flair,seg,age", *lines]) + "\n")
    summary = run_cohort(table, tmp_path / "out", settings=QUICK, workers=1)
    found = rows(tmp_path / "out")
    assert [row["outline"] for row in found.values()] == ["given mask", "given mask"]
    assert float(found["A"]["wt_ml"]) > 1
    assert found["A"]["wt_ml"] == found["B"]["wt_ml"]
    wide = rows(tmp_path / "out", "features_wide.csv")
    assert len(wide["A"]) > 100
    assert {**wide["A"], "case": ""} == {**wide["B"], "case": ""}
    assert summary.counts["done"] == 2
    assert run_cohort(table, tmp_path / "out", settings=QUICK, workers=1, resume=True).kept == 2


RUN_ALONE = """
import sys
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline.cohort import run_cohort
if __name__ == "__main__":
    quick = AnalyzeSettings(steps=("features",))
    run_cohort(sys.argv[1], sys.argv[2], settings=quick, workers=1, command=sys.argv[3:])
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="SKIPPED: looks for the process in /proc")
def test_a_cohort_killed_by_force_leaves_no_process_and_can_go_on(table: Table, tmp_path: Path) -> None:
    path, out, pid = table(A="ok 1", B="hang"), tmp_path / "out", tmp_path / "images" / "B" / "pid"
    (tmp_path / "run.py").write_text(RUN_ALONE)
    command = [sys.executable, str(tmp_path / "run.py"), str(path), str(out), *FAKE]
    process = subprocess.Popen(command, env=worker_environment())
    while not (pid.exists() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    wait_for_no_process(int(pid.read_text()))
    assert [row["status"] for row in rows(out).values()] == ["done"]
    assert run(table(A="ok 1", B="ok 2"), out, resume=True).kept == 1
