"""The patients of a cohort as a Dask graph: on an embedded cluster of processes, or on one that is there already."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.pipeline.cohort_patient import How, run_patient
from GliomaRadiomicsLib.pipeline.cohort_plan import Outcome, PatientTask

_CONNECT_S, _WORKERS_S, _TICK_S, _END_S = 15, 30, 0.3, 5
_SAME = "start its workers with the same version of glioma-radiomics in their Python"
_NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
INSTALL = 'pip install "glioma-radiomics[cohort]"'


def has_dask() -> bool:
    """Whether ``dask[distributed]`` is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("dask", "distributed"))


def run_on_dask(
    tasks: Sequence[PatientTask],
    how: How,
    *,
    take: Callable[[PatientTask, Outcome], None],
    report: Callable[[int, float], None],
    tick: Callable[[], None],
    workers: int = 1,
    scheduler: str | None = None,
) -> None:
    """Run the patients; each is a node of the graph, and a failure is its outcome.

    Args:
        tasks: The patients.
        how: How each is run; ``patients_at_once`` is set here.
        take: Given every outcome, in the order they end.
        report: Given line and fraction of a patient that is under way.
        tick: Called several times a second; raises to cancel.
        workers: Processes of the embedded cluster.
        scheduler: Address of an existing one instead.

    Raises:
        RefusedInput: If the scheduler cannot be used.
        Exception: What ``tick`` raised, when the patients under way have ended.
    """
    with _connected(scheduler, workers) as client, client.as_current():
        how = replace(how, patients_at_once=_patients_at_once(client))
        topic = f"glioma-radiomics-{uuid4().hex}"
        client.subscribe_topic(topic, lambda event: report(*event[1]))
        waiting = dict(zip(_futures(client, tasks, how, topic), tasks, strict=True))
        try:
            while waiting:
                tick()
                _take_ended(waiting, take, _TICK_S)
        except BaseException:
            Path(how.stop).touch()
            with contextlib.suppress(Exception):
                _end(waiting, take)
            raise


def _futures(client: Any, tasks: Sequence[PatientTask], how: How, topic: str) -> list[Any]:
    """The graph, started: its keys are lines of the table, as the names of patients are nobody else's business."""
    import dask

    node = dask.delayed(_run_on_worker, pure=False)
    graph = [node(task, how, topic, dask_key_name=f"{topic}-line-{task.line}") for task in tasks]
    return list(client.compute(graph, retries=0))


def _run_on_worker(task: PatientTask, how: How, topic: str) -> Outcome:
    import distributed

    worker = distributed.get_worker()

    def tell(fraction: float | None) -> None:
        if fraction is not None:
            worker.log_event(topic, [task.line, fraction])

    return run_patient(task, how, tell)


def _take_ended(waiting: dict[Any, PatientTask], take: Callable[[PatientTask, Outcome], None], seconds: float) -> None:
    import distributed

    with contextlib.suppress(TimeoutError, distributed.CancelledError):
        distributed.wait(list(waiting), timeout=seconds, return_when="FIRST_COMPLETED")
    for future in [one for one in waiting if one.done()]:
        task = waiting.pop(future)
        take(task, _outcome(future))


def _outcome(future: Any) -> Outcome:
    if future.status == "finished":
        result: Outcome = future.result()
        return result
    if future.status == "error":
        error = future.exception()
        return Outcome("failed", f"the process of the cluster did not finish it: {type(error).__name__}")
    return Outcome("failed", "the connection to the cluster was lost; run again with --resume")


def _end(waiting: dict[Any, PatientTask], take: Callable[[PatientTask, Outcome], None]) -> None:
    """Wait for patients under way, which see the file that stops them; take those that were done in the meantime."""
    import distributed

    distributed.wait(list(waiting), timeout=_END_S)
    _take_ended(waiting, take, 0.1)


def _patients_at_once(client: Any) -> int:
    """On the machine that has most."""
    slots: Counter[str] = Counter()
    for worker in client.scheduler_info(n_workers=-1)["workers"].values():
        slots[worker["host"]] += worker["nthreads"]
    return max(slots.values(), default=1)


@contextlib.contextmanager
def _connected(scheduler: str | None, workers: int) -> Iterator[Any]:
    import dask
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if scheduler is not None:
        with _existing(scheduler) as client:
            yield client
        return
    with tempfile.TemporaryDirectory(prefix="glioma-radiomics-dask-", ignore_cleanup_errors=True) as folder:
        with _deaf_to_interrupts(), dask.config.set(_NO_PAGES):
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                memory_limit=0,
                silence_logs=logging.CRITICAL,
                local_directory=folder,
            )
        with cluster, distributed.Client(cluster, set_as_default=False) as client:
            yield client


@contextlib.contextmanager
def _existing(address: str) -> Iterator[Any]:
    import distributed

    where = "--scheduler"
    try:
        client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        remedy = "give the address of a running Dask scheduler, such as tcp://127.0.0.1:8786"
        raise RefusedInput(what="no scheduler answers", where=where, found=address, remedy=remedy) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
        except TimeoutError as error:
            raise RefusedInput(what="the scheduler has no workers", where=where, found=address, remedy=_SAME) from error
        _check_versions(client)
        yield client


def _check_versions(client: Any) -> None:
    try:
        found = set(client.run(_version).values())
    except Exception as error:  # noqa: BLE001 - the workers' own error, whatever it is, comes back here
        what = "the workers cannot import GliomaRadiomicsLib"
        raise RefusedInput(what=what, where="--scheduler", found=type(error).__name__, remedy=_SAME) from error
    others = sorted(found - {VERSION})
    if others:
        what = f"workers have another version than {VERSION}"
        raise RefusedInput(what=what, where="--scheduler", found=", ".join(others), remedy=_SAME)


def _version() -> str:
    return VERSION


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started in here leave Ctrl-C to this one, which ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
