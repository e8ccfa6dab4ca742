"""A deterministic check of an answer against its text: the more it catches, the more synthetic data can be trusted."""


def verify(text: str, answer: dict) -> str | None:
    """None when nothing speaks against the answer; otherwise a stable snake_case reason."""
    number = answer.get("order_number")
    if number is not None and number not in text:
        return "order_number_not_in_text"
    return None
