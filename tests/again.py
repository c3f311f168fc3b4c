"""In CI a test that fails is tried once more, and that is told: ``R``, and in the last line.

Thousands of tests share a machine there with servers, terminals and emulated guests, and what then
comes too late is nobody's fault. What fails twice fails. For the second try all that the tests of
its file share is made anew: that may be what came too late, or what the first left half-done.
"""

from __future__ import annotations

import os
from functools import partial

import pytest
from _pytest.runner import CallInfo, runtestprotocol

AGAIN = "tried again"


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test; once more where it fails."""
    if os.environ.get("CI") != "true" or not isinstance(item, pytest.Function):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((each for each in reports if each.failed), None)
    if failed is not None:
        failed.outcome = AGAIN  # type: ignore[assignment]
        item.ihook.pytest_runtest_logreport(report=failed)
        cleared = CallInfo.from_call(partial(_clear, item), "teardown")
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if cleared.excinfo:
            reports.append(item.ihook.pytest_runtest_makereport(item=item, call=cleared))
    for each in reports:
        item.ihook.pytest_runtest_logreport(report=each)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _clear(item: pytest.Item) -> None:
    """Take down all that is not the whole session's."""
    item.session._setupstate.teardown_exact(item.session)  # type: ignore[arg-type]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return how it is told."""
    return (AGAIN, "R", "AGAIN") if report.outcome == AGAIN else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was tried again, and why."""
    for each in terminalreporter.stats.get(AGAIN, ()):
        last = each.longreprtext.strip().splitlines()[-1:]
        terminalreporter.line(f"AGAIN {each.nodeid} ({each.when}): {' '.join(last)}")
