"""A real MRML scene where there is no Slicer desktop.

`boot` hangs a scene, the application logic and the module logics on the ``slicer`` package of slicer-core, so that the
rest of `scene` runs unchanged on both. Inside the desktop program it does nothing.
"""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import Any

import slicer

_LOGICS = {
    "volumes": ("Volumes", "vtkSlicerVolumesLogic"),
    "segmentations": ("Segmentations", "vtkSlicerSegmentationsModuleLogic"),
    "subjecthierarchy": ("SubjectHierarchy", "vtkSlicerSubjectHierarchyModuleLogic"),
    "tables": ("Tables", "vtkSlicerTablesLogic"),
    "plots": ("Plots", "vtkSlicerPlotsLogic"),
    "texts": ("Texts", "vtkSlicerTextsLogic"),
}
"""Name under ``slicer.modules``: name in the application logic, and class."""


def is_booted() -> bool:
    """Whether ``slicer`` has a scene, from the desktop program, from `boot` or from `adopt`."""
    return getattr(slicer, "mrmlScene", None) is not None


def boot() -> Any:
    """Return the scene of the running desktop program, or make one without it; calling again returns the same.

    Returns:
        The ``vtkMRMLScene``, which is also ``slicer.mrmlScene``.
    """
    if is_booted():
        return slicer.mrmlScene
    scene, application_logic = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    application_logic.SetMRMLScene(scene)
    colors = application_logic.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    logics = {"colors": colors} | {key: _module_logic(application_logic, *names) for key, names in _LOGICS.items()}
    slicer.modules = SimpleNamespace(**{key: _HeadlessModule(logic) for key, logic in logics.items()})
    adopt(scene, application_logic)
    return scene


def adopt(scene: Any, application_logic: Any) -> None:
    """Use a scene that another headless program made, such as ``SlicerApp`` of trame-slicer.

    Args:
        scene: The ``vtkMRMLScene``; its node classes must be registered, as the module logics do.
        application_logic: The ``vtkMRMLApplicationLogic`` of that program.
    """
    managers = None if scene.GetDataIOManager() is not None else _add_file_managers(scene)
    slicer.mrmlScene = scene
    slicer.app = SimpleNamespace(
        applicationLogic=lambda: application_logic,
        mrmlScene=lambda: scene,
        layoutManager=lambda: None,
        testingEnabled=lambda: True,
        processEvents=lambda: None,
        temporaryPath=tempfile.gettempdir(),
        gliomaRadiomicsHeadless=True,
        keptAlive=managers,
    )


def is_desktop() -> bool:
    """Whether this is the desktop program, with its widgets and its own node bookkeeping."""
    app = getattr(slicer, "app", None)
    return app is not None and not getattr(app, "gliomaRadiomicsHeadless", False)


class _HeadlessModule:
    """What ``slicer.modules.<name>`` is asked for without the desktop."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        return self._logic


def _module_logic(application_logic: Any, name: str, class_name: str) -> Any:
    logic = getattr(slicer, class_name)()
    logic.SetMRMLScene(application_logic.GetMRMLScene())
    if hasattr(logic, "SetMRMLApplicationLogic"):
        logic.SetMRMLApplicationLogic(application_logic)
    application_logic.SetModuleLogic(name, logic)
    return logic


def _add_file_managers(scene: Any) -> tuple[Any, Any, Any]:
    """Reading a bundle needs a data IO manager with a cache folder; the folder goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="glioma-radiomics-cache-")
    cache = slicer.vtkCacheManager()
    cache.SetRemoteCacheDirectory(folder.name)
    cache.SetMRMLScene(scene)
    scene.SetCacheManager(cache)
    file_manager = slicer.vtkDataIOManager()
    file_manager.SetCacheManager(cache)
    scene.SetDataIOManager(file_manager)
    return cache, file_manager, folder
