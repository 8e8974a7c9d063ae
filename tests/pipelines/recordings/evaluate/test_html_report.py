"""The page of an evaluation."""

from xml.etree import ElementTree as ET

from pipelines.recordings.evaluate.case_runner import find_cases, run_scenario, score_case
from pipelines.recordings.evaluate.html_report import html_page


def page_of(scenario, every=1):
    (case,) = find_cases(scenario)
    return html_page([score_case(case, run_scenario(case))], every=every)


def test_the_page_shows_every_case_and_requests_nothing(scenario):
    page = page_of(scenario)
    assert "<td>one_car</td><td>1.000</td>" in page
    assert "one frame in" not in page
    assert "one frame in 3" in page_of(scenario, every=3)
    assert "src=" not in page
    assert "href=" not in page


def test_names_are_escaped(scenario):
    page = page_of(scenario.rename(scenario.with_name("<b>&car")))
    assert "&lt;b&gt;&amp;car" in page
    assert "<b>" not in page


def test_plots_are_well_formed_svg_with_a_mark_for_each_incident(scenario):
    page = page_of(scenario)
    plots = [ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in page.split("<svg")[1:]]
    incidents = next(plot for plot in plots if any("wrong_way" in (title.text or "") for title in plot.iter("title")))
    assert [rect.get("class") for rect in incidents.iter("rect")] == ["truth"]
    assert all(float(rect.get("width")) >= 0 for plot in plots for rect in plot.iter("rect"))
