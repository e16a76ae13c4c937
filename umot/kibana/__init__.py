"""Kibana as code: data views, dashboards and saved searches from `mappings/kibana/`, put in place over HTTP."""

from umot.kibana.address import KibanaAddress, parse_address
from umot.kibana.apply import Outcome, apply
from umot.kibana.client import Kibana, KibanaError
from umot.kibana.links import KibanaPlace, Subject, alerts_link, mentions_link
from umot.kibana.objects import KibanaObject, kibana_objects

__all__ = [
    "Kibana",
    "KibanaAddress",
    "KibanaError",
    "KibanaObject",
    "KibanaPlace",
    "Outcome",
    "Subject",
    "alerts_link",
    "apply",
    "kibana_objects",
    "mentions_link",
    "parse_address",
]
