"""Bring what a cluster has to the shape of this version: a plan first, then its steps."""

from umot.store.elastic.migrating.plan import Migration, Step

__all__ = ["Migration", "Step"]
