"""Every message of the page around the text: ours, Sphinx's, the theme's and MyST-NB's.

Upstream messages are listed with their exact msgid; our translations take precedence over theirs.
"""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for extraction."""
    return message


BOOK = (
    N_("Skip to main content"),
    N_("Pages of the book"),
    N_("Language"),
    N_("Show or hide the pages of the book"),
    N_("Run this page"),
    N_("Open in Binder"),
    N_("Open in Colab"),
    N_("Download notebook"),
    N_("Print or take with you"),
    N_("Print to PDF"),
    N_("Open all solutions"),
    N_("The book to read without a network (ZIP)"),
    N_("The book for e-readers (EPUB)"),
    N_("The book to print (PDF)"),
    N_("A browser loads the live part of this page only from a server, not from a file."),
    N_("Without a network"),
    N_("This page has not been read on this device before, so it is not kept here."),
    N_("Try again"),
    N_("These pages are kept"),
    N_("Dark mode"),
    N_("Previous"),
    N_("Next"),
    N_("Previous and next page"),
    N_("On this page"),
    N_("Text: %(text)s. Code: %(code)s."),
    N_("This page is not translated yet, so it is shown in English."),
    N_("Help to translate it"),
    N_("Copy"),
    N_("Copied"),
    N_("Question"),
    N_("Correct."),
    N_("Not quite."),
    N_("Your prediction"),
    N_("You predicted:"),
    N_("Delete my predictions"),
    N_("What you write stays in this browser."),
    N_("Last changed:"),
    N_("Version:"),
    N_("Source of this page"),
    N_("Report an error"),
    N_("Cite this page"),
    N_("Show the solution"),
    N_("Hide the solution"),
    N_("Solutions"),
    N_("Chapters that use this term:"),
    N_("All languages"),
    N_("There is no page at this address."),
)

SPHINX = (
    N_("Attention"),
    N_("Caution"),
    N_("Danger"),
    N_("Error"),
    N_("Hint"),
    N_("Important"),
    N_("Note"),
    N_("See also"),
    N_("Tip"),
    N_("Warning"),
    N_("Fig. %s"),
    N_("Table %s"),
    N_("Listing %s"),
    N_("Section %s"),
    N_("Link to this definition"),
    N_("Link to this term"),
    N_("Link to this heading"),
    N_("Link to this table"),
    N_("Link to this code"),
    N_("Link to this image"),
    N_("Link to this equation"),
    N_("Search"),
    N_("Please activate JavaScript to enable the search functionality."),
)

MYST_NB = (
    N_("Show code cell content"),
    N_("Hide code cell content"),
    N_("Show code cell source"),
    N_("Hide code cell source"),
    N_("Show code cell output"),
    N_("Hide code cell output"),
    N_("Show code cell outputs"),
    N_("Hide code cell outputs"),
)

JUPYTER_BOOK = (N_("Search this book..."),)

SEARCH = (
    N_("Loading the search …"),
    N_("The search could not be loaded. Check the connection and load this page again."),
    N_("Write a word, a term in any language, or a name from the code."),
    N_("Pages found: {count}"),
    N_("No page has these words. Try fewer of them, or choose a page:"),
    N_("Page"),
    N_("Section"),
    N_("Term"),
    N_("Source"),
)
