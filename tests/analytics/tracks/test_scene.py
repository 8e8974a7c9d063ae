from analytics.tracks.scene import SceneSampler
from analytics.tracks.trajectories import Trajectories
from tests.support.builders import metric_camera, straight_road, tracks


def stationary_since(detections):
    """Value in the last scene for a vehicle detected at each (t, u)."""
    camera = metric_camera(zones=[straight_road()])
    sampler, trajectories = SceneSampler(camera.zones, camera.homography), Trajectories(camera.homography)
    scene = None
    for t, u in detections:
        trajectories.update(t, 0.2, tracks((1, u, 500)))
        scene = sampler.observe(t, trajectories) or scene
    return scene.road_users[0].stationary_since


def test_stationary_since_is_the_time_of_the_stop():
    drives = [(k / 10, 200 + 10 * k) for k in range(20)]
    stands = [(2 + k / 10, 400) for k in range(50)]
    assert 1 < stationary_since(drives + stands) < 3


def test_a_move_of_more_than_a_metre_restarts_the_stationary_time():
    assert stationary_since([(k / 10, 400) for k in range(50)] + [(5 + k / 10, 415) for k in range(20)]) > 4


def test_one_outlier_after_an_occlusion_is_no_move():
    assert stationary_since([(k / 10, 400) for k in range(50)] + [(7.0, 413), (7.5, 400), (8.0, 401)]) < 1
