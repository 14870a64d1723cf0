"""Opens a scene file in another headless Slicer (trame-slicer) and takes its picture: RENDER.py SCENE.mrb FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import slicer
import vtk
from trame_slicer.core import SlicerApp
from trame_slicer.views import DirectViewFactory, ViewLayoutDefinition

PIXELS, FIELD_OF_VIEW_MM = 512, 220.0


def take_picture(view: object, path: Path) -> None:
    view.render()
    window = view.render_window()
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(grab.GetOutput())
    writer.Write()


def take_heat_maps(view: object, folder: Path) -> None:
    """``heat-SYSTEM-METHOD.png`` of each heat map over the image, without the outlines."""
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        node.GetDisplayNode().SetVisibility(False)
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        key = (node.GetAttribute("GliomaRadiomics.Role") or "").partition("heatmap:")[2]
        if key:
            for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
                composite.SetForegroundVolumeID(node.GetID())
                composite.SetForegroundOpacity(0.7)
            take_picture(view, folder / f"heat-{key.replace('/', '-')}.png")


def main(scene_file: str, folder: Path) -> None:
    from GliomaRadiomicsLib.scene import headless

    app = SlicerApp()
    headless.adopt(app.scene, app.app_logic)
    app.view_manager.register_factory(DirectViewFactory(do_render_offscreen=True))
    definitions = {
        "axial": ViewLayoutDefinition.axial_view(),
        "coronal": ViewLayoutDefinition.coronal_view(),
        "3d": ViewLayoutDefinition.threed_view(),
    }
    views = {name: app.view_manager.create_view(definition) for name, definition in definitions.items()}
    views = {name: getattr(view, "slicer_view", view) for name, view in views.items()}
    for view in views.values():
        view.render_window().SetSize(PIXELS, PIXELS)
        view.render_window().SetMultiSamples(0)  # with EGL, depth peeling and multisampling drop translucent surfaces
    assert app.scene.ReadFromMRB(scene_file, False), "the scene cannot be opened"
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.SetDimensions(PIXELS, PIXELS, 1)
        node.SetFieldOfView(FIELD_OF_VIEW_MM, FIELD_OF_VIEW_MM, 1)
    for name, view in views.items():
        if name == "3d":
            view.reset_view()
        take_picture(view, folder / f"{name}.png")
    facts = {}
    for name, tag in (("axial", "Red"), ("coronal", "Green")):
        matrix = app.scene.GetSingletonNode(tag, "vtkMRMLSliceNode").GetXYToRAS()
        facts[name] = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        composite.SetForegroundOpacity(1.0)
    take_picture(views["axial"], folder / "axial-heat.png")
    take_heat_maps(views["axial"], folder)
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
