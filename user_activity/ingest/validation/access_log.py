"""Lines of an access log in SQL: common, combined, with the host in front, or with more fields at the end."""

from user_activity.settings import Settings
from user_activity.sources.contracts.values import quoted, sql_list

REQUEST = "request"
"""The event type of a line that is no page view, if it is in the catalogue."""

FIELDS = (
    "page_url", "referrer", "user_agent", "status", "method", "bytes", "remote_user", "host", "forwarded_for", "more"
)  # fmt: skip
"""The fields that are taken as they are; ``more`` is what a log format has at the end."""

_QUOTED = r'[^"\\]*(?:\\.[^"\\]*)*'
_LINE = (
    r"^(?:(\S+) )?([^\s-]\S*) \S+ ([^\s\[\"][^\[\"]*?) \[([^\]]+)\] "
    rf'"(?:([A-Z][A-Z-]*) ((?:[^"\\]|\\.)+?)(?: HTTP/[0-9.]+)?|({_QUOTED}))" ([0-9]{{3}}) ([0-9]+|-)'
    rf'(?: "({_QUOTED})" "({_QUOTED})"(?: "({_QUOTED})")?((?: (?:"{_QUOTED}"|[^\s"]\S*))*))?\s*$'
)
_PARTS = (
    "host", "address", "remote_user", "time", "method", "page_url", "odd_request", "status", "bytes", "referrer",
    "user_agent", "forwarded_for", "more",
)  # fmt: skip
_PAGE_METHODS = ("GET", "HEAD", "POST")
_ASSET = (
    r"^[^?#]*\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp3|mp4|webm|webmanifest)"
    r"(?:[?#]|$)"
)


def parsed(text: str) -> str:
    """The struct of a line's parts; all are empty if it is not a line of an access log."""
    return f"regexp_extract({text}, {quoted(_LINE)}, [{', '.join(map(quoted, _PARTS))}])"


def problem(parts: str) -> str:
    """Why a line is no record."""
    return (
        f"case when {parts}.address = '' then 'is not a line of a common or combined access log' "
        f"when {parts}.method = '' then 'has the request \"' || left({parts}.odd_request, 80) "
        "|| '\", which names no method and page: leave the line out' end"
    )


def visitor(parts: str) -> str:
    """Who sent the request: behind a proxy, the first address that it forwards."""
    client = f"trim(split_part({parts}.forwarded_for, ',', 1))"
    is_client = f"{parts}.forwarded_for <> '' and regexp_full_match({client}, '[0-9A-Fa-f.:]+')"
    address = f"case when {is_client} then {client} else {parts}.address end"
    return f"md5({address} || ' ' || {parts}.user_agent)"


def event_type(parts: str, settings: Settings) -> str:
    """A page view; with the event type ``request`` in the catalogue, only what succeeded and is no asset of a page."""
    if REQUEST not in settings.event_types and "*" not in settings.event_types:
        return "'page_view'"
    is_page = (
        f"{parts}.status < '400' and {parts}.method in {sql_list(_PAGE_METHODS)} "
        f"and not regexp_matches({parts}.page_url, {quoted(_ASSET)}, 'i')"
    )
    return f"case when {is_page} then 'page_view' else {quoted(REQUEST)} end"


def moment(parts: str) -> str:
    """The line's time in UTC; as it is written if it is not a time."""
    parsed_time = f"try_strptime({parts}.time, '%d/%b/%Y:%H:%M:%S %z') at time zone 'UTC'"
    return f"coalesce(strftime({parsed_time}, '%Y-%m-%dT%H:%M:%SZ'), {parts}.time)"
