"""How Sphinx makes the site: `make docs`."""

project = "Referral exchange"
author = "the contributors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Referral exchange"
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
# Names of topics and settings look like links to a stranger's site.
myst_url_schemes = ["http", "https", "mailto"]
pygments_style = "friendly"
