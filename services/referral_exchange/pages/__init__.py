"""What the pages of every service share: words in each language, forms, one style sheet, one small script."""
