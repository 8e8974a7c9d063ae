"""Road networks: our own plain definitions, made into SUMO networks by netconvert, and read back for drawing.

The networks are committed. After a change of sites.json: `python -m simulator.world.sumo_network` (needs the PyPI
package `eclipse-sumo`, of which a running city needs only `libsumo`).
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.world.sites import ARM_M, LANE_M, MEDIAN_M, Site, all_sites

NETWORKS_FOLDER = Path(__file__).with_name("networks")
JUNCTION_ID = "titik"
GREEN_PHASE_S = 17


@dataclass(frozen=True, slots=True)
class Lane:
    """centre: (N, 2) ground metres in driving order. index: 0 is next to the kerb."""

    edge: str
    index: int
    width_m: float
    centre: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """lanes: outside the junction. junction: (N, 2) its outline, empty where two arms merely meet."""

    lanes: tuple[Lane, ...]
    junction: NDArray[np.float64]

    def lanes_of(self, edge: str) -> list[Lane]:
        return [lane for lane in self.lanes if lane.edge == edge]

    def stop_m(self, edge: str) -> float:
        """Distance from the point at which the edge meets the junction."""
        ends = np.concatenate([lane.centre[[0, -1]] for lane in self.lanes_of(edge)])
        return float(np.linalg.norm(ends, axis=1).min())


def network_file(site: Site) -> Path:
    return NETWORKS_FOLDER / f"{site.id}.net.xml"


def read_network(site: Site) -> RoadNetwork:
    root = ET.parse(network_file(site)).getroot()  # noqa: S314 (our own file)
    lanes = [
        Lane(edge.attrib["id"], int(lane.attrib["index"]), LANE_M, _shape(lane.attrib["shape"]))
        for edge in root.iter("edge")
        if edge.get("function") is None
        for lane in edge.iter("lane")
    ]
    centre = next(junction for junction in root.iter("junction") if junction.attrib["id"] == JUNCTION_ID)
    return RoadNetwork(tuple(lanes), _shape(centre.get("shape", "")))


def _shape(text: str) -> NDArray[np.float64]:
    return np.array([[float(x) for x in pair.split(",")[:2]] for pair in text.split()]).reshape(-1, 2)


def build_network(site: Site, target: Path) -> None:
    """Runs netconvert, which stands beside this Python."""
    with tempfile.TemporaryDirectory(prefix="simpang-network-") as folder:
        nodes, edges = Path(folder, "p.nod.xml"), Path(folder, "p.edg.xml")
        _nodes(site).write(nodes)
        _edges(site).write(edges)
        command = [str(Path(sys.executable).with_name("netconvert")), "-n", str(nodes), "-e", str(edges)]
        command += ["-o", str(target), "--lefthand", "--offset.disable-normalization", "--no-turnarounds"]
        command += ["--tls.green.time", str(GREEN_PHASE_S), "--tls.yellow.time", "3", "--tls.allred.time", "2"]
        command += ["--junctions.corner-detail", "8", "--default.junctions.radius", "7", "--no-warnings"]
        command += ["--output.street-names", "false", "--tls.layout", "incoming"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)  # noqa: S603
    _without_preamble(target)


def _nodes(site: Site) -> ET.ElementTree:
    root = ET.Element("nodes")
    kind = "traffic_light" if site.signal else "priority"
    ET.SubElement(root, "node", id=JUNCTION_ID, x="0", y="0", type=kind)
    for arm in site.arms:
        x, y = arm.position(ARM_M, 0)
        ET.SubElement(root, "node", id=arm.id, x=f"{x:.2f}", y=f"{y:.2f}", type="dead_end")
    return ET.ElementTree(root)


def _edges(site: Site) -> ET.ElementTree:
    root = ET.Element("edges")
    speed = f"{site.speed_limit_kmh / 3.6:.2f}"
    for arm in site.arms:
        outbound = [arm.position(0, MEDIAN_M / 2), arm.position(ARM_M, MEDIAN_M / 2)]
        inbound = [arm.position(ARM_M, -MEDIAN_M / 2), arm.position(0, -MEDIAN_M / 2)]
        for suffix, ends, lanes, course in (
            ("in", (arm.id, JUNCTION_ID), arm.lanes_in, inbound),
            ("out", (JUNCTION_ID, arm.id), arm.lanes_out, outbound),
        ):
            attributes = {
                "id": f"{arm.id}_{suffix}",
                "from": ends[0],
                "to": ends[1],
                "numLanes": str(lanes),
                "width": str(LANE_M),
                "speed": speed,
                "spreadType": "right",
                "shape": " ".join(f"{x:.2f},{y:.2f}" for x, y in course),
            }
            ET.SubElement(root, "edge", attributes)
    return ET.ElementTree(root)


def _without_preamble(path: Path) -> None:
    """netconvert notes when and with which options it ran: a difference in every commit, and this machine's paths."""
    root = ET.parse(path).getroot()  # noqa: S314 (written by netconvert just now)
    path.write_bytes(ET.tostring(root, encoding="utf-8") + b"\n")


if __name__ == "__main__":
    for one in all_sites():
        build_network(one, network_file(one))
