from analytics.tracks.scene import SceneSampler
from analytics.tracks.trajectories import Trajectories
from tests.support.builders import metric_camera, straight_road, tracks


def stationary_since(sightings):
    """Of a vehicle seen at (t, u), in the last scene."""
    camera = metric_camera(zones=[straight_road()])
    watch, trajectories = SceneSampler(camera.zones, camera.homography), Trajectories(camera.homography)
    scene = None
    for t, u in sightings:
        trajectories.update(t, 0.2, tracks((1, u, 500)))
        scene = watch.observe(t, trajectories) or scene
    return scene.road_users[0].stationary_since


def test_it_stands_since_it_stopped():
    drives = [(k / 10, 200 + 10 * k) for k in range(20)]
    stands = [(2 + k / 10, 400) for k in range(50)]
    assert 1 < stationary_since(drives + stands) < 3


def test_a_move_of_more_than_a_metre_begins_anew():
    assert stationary_since([(k / 10, 400) for k in range(50)] + [(5 + k / 10, 415) for k in range(20)]) > 4


def test_one_wrong_sighting_after_a_while_out_of_sight_is_no_move():
    assert stationary_since([(k / 10, 400) for k in range(50)] + [(7.0, 413), (7.5, 400), (8.0, 401)]) < 1
