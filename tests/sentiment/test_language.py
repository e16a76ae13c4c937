import pytest

from sentiment.language import detect


@pytest.mark.parametrize(
    ("text", "claimed", "expected"),
    [
        ("Het pakket kwam drie dagen te laat en niemand zegt iets", None, "nl"),
        ("The parcel was three days late and nobody told me", None, "en"),
        ("Das Paket kam drei Tage zu spät und niemand sagt etwas", None, "de"),
        ("Le colis est arrivé avec trois jours de retard", None, "fr"),
        ("El paquete llegó con tres días de retraso", None, "es"),
        ("Il pacco è arrivato con tre giorni di ritardo", None, "it"),
        ("Paczka przyszła trzy dni za późno, nikt nie odbiera telefonu", None, "pl"),
        ("Top!", "nl-NL", "nl"),
        ("Top!", "nl_BE", "nl"),
        ("👍👍", None, None),
        ("", None, None),
        ("", "de", "de"),
        ("Top!", "Dutch", "nl"),
        ("Top!", " nld", "nl"),
        ("Top!", "Nederlands of Vlaams", None),
        ("Top!", "und", None),
        ("Het pakket kwam drie dagen te laat en niemand zegt iets", "unknown", "nl"),
        ("The parcel was three days late and nobody told me anything", "nl", "en"),
        ("@shop https://t.co/x #fail", None, None),
    ],
)
def test_detect(text: str, claimed: str | None, expected: str | None) -> None:
    assert detect(text, claimed) == expected
