"""Why a server cannot be reached, in words that say what to change: the SDK only says "Connection error."."""

import os
import re
from urllib.request import getproxies, proxy_bypass

from dfer.describe.asking.endpoint import Endpoint

# What the layers below the SDK say, and what it means. The first that matches counts.
_CAUSES = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|self.signed certificate",
        "this machine does not trust the server's certificate: for a certificate authority of your own set "
        "SSL_CERT_FILE to its PEM file; in a bare container install the ca-certificates package",
    ),
    (
        r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|record layer failure|wrong version number|UNEXPECTED_EOF",
        "the server does not speak TLS there: try http:// instead of https://",
    ),
    (
        r"HTTP request (was sent )?to an? HTTPS|illegal status line|illegal request line",
        "what listens there does not speak plain HTTP: try https:// instead of http://",
    ),
    (
        r"Name or service not known|nodename nor servname|getaddrinfo|Temporary failure in name",
        "no such host: is the address spelt right, and is there a network?",
    ),
    (
        r"socksio|SOCKS",
        "ALL_PROXY, HTTP_PROXY or HTTPS_PROXY names a SOCKS proxy, and the package for that is missing: "
        "pip install socksio, or unset the variable",
    ),
    (
        r"\.pem|SSL_CERT|certificate file|No such file",
        "SSL_CERT_FILE or SSL_CERT_DIR names a file that is not there: unset it, or name the right one",
    ),
    (
        r"refused|All connection attempts failed",
        "nothing listens there: is the server running, and is the port right?",
    ),
)


def hint_for(cause: str, endpoint: Endpoint) -> str:
    """What to do about a failure of the connection."""
    hint = next(
        (meaning for pattern, meaning in _CAUSES if re.search(pattern, cause, re.IGNORECASE)),
        "is the server running, and is the address right?",
    )
    return f"{hint}; {proxied}" if (proxied := proxy_hint(endpoint)) else hint


def proxy_hint(endpoint: Endpoint) -> str:
    """Which proxy requests go through, if any: also those to 127.0.0.1, unless NO_PROXY names it."""
    proxies = getproxies()
    scheme = endpoint.base_url.partition("://")[0]
    if not (proxies.get(scheme) or proxies.get("all")) or proxy_bypass(endpoint.host):
        return ""
    names = (f"{scheme}_PROXY".upper(), f"{scheme}_proxy", "ALL_PROXY", "all_proxy")
    variable = next((name for name in names if os.environ.get(name)), "the system's settings")
    if endpoint.is_local:
        return (
            f"requests go through the proxy in {variable}, which cannot see this machine's own servers: "
            "set NO_PROXY=127.0.0.1,localhost"
        )
    return f"requests go through the proxy in {variable}"
