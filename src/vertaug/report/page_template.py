"""A page in HTML made from a template; what is put in is escaped, and nothing may be missing."""

import base64
from collections.abc import Mapping


def render_page(template: str, content: Mapping[str, object]) -> str:
    """Return the page.

    Parameters
    ----------
    template : str
        File of ``report/templates``.
    content : mapping of str to object
        What the template names.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("vertaug.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(content)


def embed(data: bytes, kind: str) -> str:
    """Return a file as an address that holds it.

    Parameters
    ----------
    data : bytes
    kind : str
        Media type, such as ``image/png``.
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
