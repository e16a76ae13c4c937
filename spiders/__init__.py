"""Where texts come from: a Scrapy project, one small file per kind of source."""
