"""Servers that dfer knows by name: where they listen, where their key is, how they name the output limit."""

from dataclasses import dataclass
from typing import Literal

OPENAI = "https://api.openai.com/v1"
LimitName = Literal["max_tokens", "max_completion_tokens"]
ProviderName = Literal["openai", "ollama", "llamacpp", "vllm", "lmstudio", "openrouter"]
# "auto": chat completions, until a model says that it is only to be had by the Responses API.
Api = Literal["auto", "chat", "responses"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """`key_env` None: the server needs no key. The key goes to `base_url` and nowhere else."""

    base_url: str
    key_env: str | None = None
    # Local servers ignore or refuse the new name; OpenAI's newer models refuse the old one.
    limit_name: LimitName = "max_tokens"


PROVIDERS: dict[ProviderName, Provider] = {
    "openai": Provider(base_url=OPENAI, key_env="OPENAI_API_KEY", limit_name="max_completion_tokens"),
    "ollama": Provider(base_url="http://localhost:11434/v1"),
    "llamacpp": Provider(base_url="http://localhost:8080/v1"),
    "vllm": Provider(base_url="http://localhost:8000/v1"),
    "lmstudio": Provider(base_url="http://localhost:1234/v1"),
    "openrouter": Provider(base_url="https://openrouter.ai/api/v1", key_env="OPENROUTER_API_KEY"),
}
