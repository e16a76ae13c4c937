"""Tests of Kibana's objects, without a Kibana."""
