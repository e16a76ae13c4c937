"""Say in plain words what went wrong with the cluster, what passes by itself and what to do about the rest."""

from collections.abc import Mapping
from typing import Any, Final

from elastic_transport import SerializationError, TlsError, TransportError
from elasticsearch import ApiError, UnsupportedProductError

from umot.errors import QueryError, StoreError, UmotError
from umot.store.answers import too_many_buckets
from umot.store.elastic.address import VARIABLES

MIN_SERVER: Final = 9
_PASSING: Final = frozenset({429, 502, 503, 504})
_SHOWN: Final = 300
_FLOOD: Final = "read-only-allow-delete"
_READ_ONLY: Final = "FORBIDDEN/5"
_TOO_MANY_BUCKETS: Final = "too_many_buckets"
_OTHER_ADVICE: Final = "nothing of this batch is acknowledged: run again; what was acknowledged is kept"


def is_passing(error: Exception) -> bool:
    """Tell whether the same request may well succeed a little later."""
    if isinstance(error, ApiError):
        return is_passing_status(error.status_code, reason_of(error.body))
    return isinstance(error, TransportError) and not isinstance(error, TlsError | SerializationError)


def is_passing_status(status: int, reason: str) -> bool:
    """Tell the same of a status with its reason: busy, away, or blocked for the time of a migration."""
    if _TOO_MANY_BUCKETS in reason:
        return False
    if "cluster_block_exception" in reason:
        return _FLOOD not in reason and _READ_ONLY not in reason
    return status in _PASSING


def reason_of(body: object) -> str:
    """Return type and reason of an answer's error in one line."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        return _short(error)
    causes = error.get("root_cause") or ()
    cause = error.get("caused_by") or (causes[0] if causes else {})
    told = dict.fromkeys(f"{part.get('type')}: {part.get('reason')}" for part in (error, cause) if part.get("type"))
    return _short("; ".join(told))


def in_plain_words(error: Exception, where: object) -> UmotError:
    """Return the error that people see for a client's exception."""
    if isinstance(error, UnsupportedProductError):
        return StoreError(f"{where}: something answers that is not Elasticsearch: check host and port in `store`")
    if isinstance(error, ApiError):
        return _of_answer(error, where)
    if isinstance(error, TlsError):
        return StoreError(f"{where}: {_tls_trouble(_cause(error))}")
    return StoreError(f"{where}: no answer ({_short(_cause(error))}); check that the cluster runs and can be reached")


def refusal(status: int, reason: str, where: object) -> StoreError:
    """Return the error of a write that the cluster as a whole refuses, not for its document."""
    if _FLOOD in reason:
        advice = (
            "a disk of the cluster is nearly full, so it takes deletions only: free space or add a disk; "
            "the block goes by itself then; " + _OTHER_ADVICE
        )
    elif "cluster_block_exception" in reason:
        advice = (
            "somebody has blocked writing to the index (index.blocks): lift the block, or wait until the "
            "migration that set it is done; " + _OTHER_ADVICE
        )
    else:
        advice = _OTHER_ADVICE
    return StoreError(f"{where}: HTTP {status}, {reason}; {advice}")


def _of_answer(error: ApiError, where: object) -> UmotError:
    reason = reason_of(error.body)
    if error.status_code == 401:
        return StoreError(f"{where}: it does not accept these credentials: check {VARIABLES}, in the environment")
    if error.status_code == 403 and "cluster_block_exception" not in reason:
        return StoreError(f"{where}: the credentials may not do this ({reason}): give them rights on the indices named")
    if "media_type_header" in reason or "compatible-with" in reason:
        return StoreError(f"{where}: the server is older than Elasticsearch {MIN_SERVER}: update it")
    if _TOO_MANY_BUCKETS in reason:
        return too_many_buckets(None)
    if error.status_code == 400 and "search_phase_execution" in reason:
        return QueryError(f"query: the cluster refuses it: {reason}")
    return refusal(error.status_code, reason, where)


def _tls_trouble(found: str) -> str:
    lowered = found.lower()
    if "wrong_version" in lowered or "wrong version" in lowered or "record layer" in lowered:
        return "the server speaks no TLS on this port: turn TLS on, or use elasticsearch+http:// on this machine"
    if "hostname" in lowered or "ip address mismatch" in lowered:
        return "its certificate is for another name: put the certificate's name into `store`, or get a fitting one"
    if "certificate" in lowered:
        return f"its certificate cannot be verified: set {VARIABLES.ca} to the PEM file of the authority that signed it"
    return f"TLS failed ({_short(found)}): check certificate, authority ({VARIABLES.ca}) and port"


def _cause(error: Exception) -> str:
    """Return what the network said; the client's own words are "TLS error" and "Connection error"."""
    causes = error.errors if isinstance(error, TransportError) else ()
    return str(next(iter(causes), error.__cause__ or error))


def _short(found: Any) -> str:
    return " ".join(str(found).split())[:_SHOWN]
