import pytest
from yarl import URL

from quintain.cli.demo_models import openai_format, own_format
from quintain.registry.parse import parse_add

CHATBOT = URL("http://127.0.0.1:4242")


@pytest.mark.parametrize("make", [own_format, openai_format])
def test_a_registration_of_the_demo_is_one_that_the_schema_takes(make):
    model = parse_add(make(CHATBOT, "key-of-the-chatbot"))
    assert model.config.hosting_type == "Internal"
    assert (model.config.endpoint.host, model.config.endpoint.port) == ("127.0.0.1", 4242)
    assert [key.reveal() for key in model.config.apikeys] == ["key-of-the-chatbot"]
