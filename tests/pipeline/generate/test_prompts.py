import pytest

from pipeline.errors import InputError
from pipeline.generate.prompts import render, to_messages


def test_blocks_become_system_and_user() -> None:
    blocks = render(
        "{% block system %}Be {{ tone }}.{% endblock %}{% block user %}Go{% endblock %}", "t", {"tone": "kind"}
    )
    assert to_messages(blocks, "t") == ("Be kind.", [{"role": "user", "content": "Go"}])


def test_a_template_without_blocks_is_the_user_message() -> None:
    assert to_messages(render("Read {{ text }}", "t", {"text": "{{ this }} {% too %}"}), "t") == (
        None,
        [{"role": "user", "content": "Read {{ this }} {% too %}"}],
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n{{ nothing }}", "'nothing' is undefined"),
        ("{{ 1 / 0 }}", "raised ZeroDivisionError"),
        ("a\n{% if %}", r"draft\.jinja:2 Expected an expression"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% block other %}x{% endblock %}", "has blocks"),
        ("", r"draft\.jinja: gives an empty prompt; write"),
        (
            "{% block system %}x{% endblock %}{% block user %} {# #}{% endblock %}",
            r"draft\.jinja: gives an empty prompt",
        ),
    ],
)
def test_a_template_that_cannot_be_rendered_names_file_and_mistake(source: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_messages(render(source, "draft.jinja", {}), "draft.jinja")
