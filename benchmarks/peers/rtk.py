"""RTK (pip: itk-rtk): Joseph's projector."""

import itk
import numpy as np
from _frame import run
from itk import RTK as rtk


def make(given):
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(2)
    kind = itk.Image[itk.F, 3]
    volume = itk.image_from_array(np.ascontiguousarray(given["volume"], dtype=np.float32))
    volume.SetOrigin([-(n - 1) / 2 for n in given["volume"].shape[::-1]])
    side = int(given["side"])
    du, dv = given["du"], given["dv"]
    pitch = [float(np.linalg.norm(d)) for d in (du, dv)]
    geometry = rtk.ThreeDCircularProjectionGeometry.New()
    geometry.AddProjection(
        [float(x) for x in given["source"]],
        [float(x) for x in given["corner"]],
        [float(x) for x in du / pitch[0]],
        [float(x) for x in dv / pitch[1]],
    )
    stack = rtk.ConstantImageSource[kind].New()
    stack.SetOrigin([0.0, 0.0, 0.0])
    stack.SetSpacing([*pitch, 1.0])
    stack.SetSize([side, side, 1])
    stack.SetConstant(0.0)
    stack.Update()
    projector = rtk.JosephForwardProjectionImageFilter[kind, kind].New()
    projector.SetGeometry(geometry)
    projector.InPlaceOff()
    projector.SetInput(0, stack.GetOutput())
    projector.SetInput(1, volume)

    def call():
        projector.Modified()
        projector.Update()
        return itk.array_from_image(projector.GetOutput())[0]

    return "joseph", call


run("rtk", itk.Version.GetITKVersion(), make)
