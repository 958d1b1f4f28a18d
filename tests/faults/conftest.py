"""A real site and a real browser, for the faults of the network."""

from tests.browser.conftest import backstage, browser, new_device, site

__all__ = ["backstage", "browser", "new_device", "site"]
