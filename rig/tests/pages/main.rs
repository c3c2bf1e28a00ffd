//! The report's pages in a real browser.
