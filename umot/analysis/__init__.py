"""The one aggregation layer: report, alerts, loop, export and command line take their numbers from here."""
