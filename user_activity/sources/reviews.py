"""Product reviews: one record is one review."""

from datetime import datetime
from typing import Annotated

from user_activity.sources.contracts.base import Contract, Fill, Source, column
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Identifier, Text, Whole


class Review(Contract):
    """One review."""

    review_id: Annotated[str | None, Identifier()] = column(
        "The review's own id; derived from the record where it has none.", "id", "uuid", optional=True
    )
    user_id: Annotated[str, Identifier()] = column("Who wrote it.", "customer_id", "reviewer_id", "author_id", "userId")
    product_id: Annotated[str, Identifier()] = column("The product reviewed.", "item_id", "sku", "productId")
    rating: Annotated[int, Whole(minimum=1, maximum=5)] = column("Stars, 1 to 5.", "stars", "score", "review_score")
    review_at: Annotated[datetime, Moment(dated=True)] = column(
        "When it was written, UTC.", "review_date", "reviewed_at", "created_at", "review_ts", "timestamp", "ts", "time"
    )
    updated_at: Annotated[datetime | None, Moment()] = column(
        "When it was last changed, UTC; the review's time where not given.",
        "modified_at", "last_updated", "updated_ts",
        fill=Fill(lambda given, context: given["review_at"], lambda settings: "v.review_at"),
    )  # fmt: skip
    order_id: Annotated[str | None, Identifier()] = column("The order it is about.", "order", optional=True)
    title: Annotated[str | None, Text()] = column("Headline.", "headline", "summary", "subject", optional=True)
    body: Annotated[str | None, Text()] = column(
        "The text.", "comment", "review_text", "text", "content", optional=True
    )


SOURCE = Source(
    name="reviews",
    description="Product reviews with a rating of 1 to 5.",
    contract=Review,
    key=("review_id",),
    date_column="review_at",
    derive_key=True,
    owner="team:commerce",
)
