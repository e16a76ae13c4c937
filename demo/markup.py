"""The posts of a page as schema.org nodes."""

from datetime import datetime
from typing import Any

from demo.posts import Note, Post

Node = dict[str, Any]


def product_node(name: str, url: str, posts: list[Post], total: int, as_of: datetime) -> Node:
    """Return a product with the reviews that its page shows."""
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "aggregateRating": {"@type": "AggregateRating", "reviewCount": total},
        "review": [_review(post, url, as_of) for post in posts],
    }


def question_node(post: Post, url: str, as_of: datetime) -> Node:
    """Return the page of one question, with the shop's answer when it was there by then."""
    question = {
        "@type": "Question",
        "@id": url,
        "text": post.text_at(as_of),
        "author": _person(post),
        "datePublished": post.published.isoformat(),
        "inLanguage": post.language,
        "answerCount": 0,
    }
    if answer := post.answer_at(as_of):
        question |= {
            "answerCount": 1,
            "suggestedAnswer": _note("Answer", answer, post.brand) | {"@id": f"{url}#antwoord"},
        }
    return {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": question}


def _review(post: Post, url: str, as_of: datetime) -> Node:
    review = {
        "@type": "Review",
        "@id": f"{url}#r{post.number}",
        "url": f"{url}#r{post.number}",
        "author": _person(post),
        "datePublished": post.published.isoformat(),
        "inLanguage": post.language,
        "reviewBody": post.text_at(as_of),
        "reviewRating": {"@type": "Rating", "ratingValue": post.stars, "bestRating": 5, "worstRating": 1},
    }
    if edited := post.edited_at(as_of):
        review["dateModified"] = edited.isoformat()
    if answer := post.answer_at(as_of):
        review["comment"] = _note("Comment", answer, post.brand)
    return review


def _note(kind: str, note: Note, brand: str) -> Node:
    author = {"@type": "Organization", "name": brand}
    return {"@type": kind, "text": note.text, "datePublished": note.at.isoformat(), "author": author}


def _person(post: Post) -> Node:
    return {"@type": "Person", "name": post.author}
