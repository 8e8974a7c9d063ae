"""English sentence about the evidence of an incident, for logs, reports and webhooks."""

from analytics.facts import IncidentEvidence, IncidentType


def incident_reason(incident_type: IncidentType, evidence: IncidentEvidence) -> str:
    """Return one sentence. evidence: with the figures of its type.

    >>> incident_reason(IncidentType.PERSON_ON_ROAD, IncidentEvidence(duration_s=7.4))
    'A pedestrian has been on the carriageway for 7 s.'
    """
    user = "vehicle" if evidence.road_user is None else evidence.road_user.value
    seconds, metres = f"{evidence.duration_s or 0:.0f} s", f"{evidence.against_m or 0:.0f} m"
    match incident_type:
        case IncidentType.STOPPED_VEHICLE:
            passed = evidence.passed_by
            why = f"and {passed} road users have driven past it" if passed else "with the road ahead free"
            return f"A {user} has stood still for {seconds} in a live lane, {why}."
        case IncidentType.WRONG_WAY:
            return f"A {user} has driven {metres} against the legal direction."
        case IncidentType.CONGESTION:
            share = 100 * (evidence.relative_speed or 0)
            return f"Traffic moves at {share:.0f}% of free flow, under half of it for over a minute."
        case IncidentType.PERSON_ON_ROAD:
            return f"A pedestrian has been on the carriageway for {seconds}."
        case IncidentType.COLLISION:
            return f"Two vehicles met, stopped at once and have not moved for {seconds}."
