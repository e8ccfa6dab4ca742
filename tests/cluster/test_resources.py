"""Who finds room on which nodes; the nodes are made up, since only their figures are looked at."""

from __future__ import annotations

from typing import Any

import pytest

from cluster import embedding, resources
from pipeline.config import Cluster
from pipeline.embedding.encoder import Encoder
from pipeline.errors import InputError, SeedwrightError


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says that the cluster has nodes of so many CPUs and GPUs."""

    def says(*counts: tuple[float, int]) -> None:
        found = [{"Alive": True, "Resources": {"CPU": cpus, "GPU": gpus}} for cpus, gpus in counts]
        gone = {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}}
        monkeypatch.setattr("ray.nodes", lambda: [gone, *found, {"Alive": True, "Resources": {}}])

    return says


@pytest.mark.parametrize(
    ("cpus", "workers", "each"),
    [
        ([8], 1, 8),
        ([8], 3, 2),
        ([1, 1], 1, 1),  # and not the two CPUs that the cluster has
        ([1, 1], 2, 1),
        ([4, 4, 4], 1, 4),
        ([4, 4, 4], 4, 2),
        ([2, 8], 2, 4),
        ([2, 8], 3, 2),
        ([0.5, 3.5], 2, 1),
    ],
)
def test_workers_have_as_many_cpus_as_all_of_them_find_on_a_node_each(
    nodes: Any, cpus: list[float], workers: int, each: int
) -> None:
    nodes(*((count, 0) for count in cpus))
    assert resources.cpus_each(workers) == each
    assert resources.rooms(each) >= workers
    assert resources.rooms(each + 1) < workers


def test_workers_who_find_no_room_any_more_are_an_error_and_not_waited_for(nodes: Any) -> None:
    nodes((1, 0), (1, 0))
    told = "^cluster: its nodes have 2 CPUs and 3 workers are to have one each; see `seedwright doctor`, then run"
    with pytest.raises(SeedwrightError, match=told):
        resources.cpus_each(3)


@pytest.mark.parametrize("key", ["training_workers", "evaluation_actors"])
def test_more_than_the_nodes_have_room_for_is_refused_by_the_setting(nodes: Any, key: str) -> None:
    nodes((1, 0), (2, 0), (0, 4), (1, 2))
    count = getattr(resources, key)
    assert [count(Cluster(), False), count(Cluster(**{key: 4}), False)] == [1, 4]
    assert [count(Cluster(), True), count(Cluster(**{key: 1}), True)] == [1, 1]
    with pytest.raises(InputError, match=rf"^cluster.{key}: 5 are wanted and the cluster has 4 CPUs; lower it, or add"):
        count(Cluster(**{key: 5}), False)
    told = rf"^cluster.{key}: 2 are wanted and the cluster has 1 GPUs \(with a CPU each\); lower it, or add nodes$"
    with pytest.raises(InputError, match=told):
        count(Cluster(**{key: 2}), True)


def test_a_cluster_without_a_whole_cpu_trains_nobody(nodes: Any) -> None:
    nodes((0.5, 0))
    with pytest.raises(InputError, match=r"^cluster.training_workers: 1 are wanted and the cluster has 0 CPUs; lower"):
        resources.training_workers(Cluster(), False)


@pytest.mark.parametrize(
    ("cpus", "actors", "each"), [([16], 2, 8), ([2, 2], 2, 2), ([3, 2], 2, 2), ([8, 12, 12], 3, 8), ([4, 0], 1, 4)]
)
def test_texts_are_embedded_on_every_node(
    nodes: Any, monkeypatch: pytest.MonkeyPatch, cpus: list[int], actors: int, each: int
) -> None:
    nodes(*((count, 0) for count in cpus))
    seen: dict[str, Any] = {}

    def through_actors(*_: Any, **given: Any) -> list[Any]:
        seen.update(given)
        return []

    monkeypatch.setattr(embedding, "through_actors", through_actors)
    monkeypatch.setattr(embedding, "collected", lambda found: (found, 0))
    import pyarrow as pa

    embedding.embed_on_ray(pa.chunked_array([["text"] * 4096]), Encoder("m", "/m", "f", "mean", 8))
    assert (seen["actors"], seen["cpus"]) == (actors, each)
