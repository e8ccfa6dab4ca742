"""A server's address as it may be shown: the environment may give one with a password in it."""


def shown(url: object) -> str:
    """Without a user and a password.

    >>> shown("https://user:pass@word@host:8443/v1"), shown("http://127.0.0.1:9")
    ('https://host:8443/v1', 'http://127.0.0.1:9')
    """
    scheme, slashes, rest = str(url).rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{place.rpartition('@')[2]}{slash}{path}"
