"""Quality of counts: faults of a day that its usual course shows, such as swapped legs or a class that is gone."""
