"""What a scheduler makes of a ledger record: go on, try again later, or have somebody look at it."""

from spiders.registry import sources
from umot.errors import ArchiveError, SourceAwayError, SourceError
from umot.ledger import Run
from umot.workspace import Workspace


def checked(ws: Workspace, run: Run) -> Run:
    """Return a collecting run that has done what could be done; a limited one goes on with the next.

    Raises:
        SourceAwayError: the source left a request unanswered or was in trouble, or its process was killed: try again.
        SourceError: credentials or robots.txt refuse it, its layout has changed, an address is wrong: trying again
            changes nothing.
        ArchiveError: what was found could not be kept.
    """
    reason = f"{run.source}: {run.reason or 'no reason given'}"
    if run.finish == "refused":
        raise SourceError(f"{reason} (refused: check its credentials and its robots.txt)")
    if run.finish != "failed":
        return run
    if run.counts.get("parsed", 0) > run.counts.get("rejected", 0):
        raise ArchiveError(reason)
    network = sources()[ws.settings.sources[run.source].spider].network
    raise SourceAwayError(reason) if _may_come_back(run, network=network) else SourceError(reason)


def _may_come_back(run: Run, *, network: bool) -> bool:
    """Tell trouble at the other side from answers that will be the same again."""
    if "pages" not in run.counts:  # the spider's process died before it could say anything
        return True
    answered = any(run.counts.get(f"http_{kind}", 0) for kind in ("2xx", "3xx", "4xx"))
    return network and (not answered or run.unanswered > 0 or run.counts.get("http_5xx", 0) > 0)
