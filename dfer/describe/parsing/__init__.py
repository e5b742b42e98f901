"""From an LLM's answer to descriptors. Pure: the same answer always gives the same, and no call is made."""

from dfer.describe.parsing.parse import PARSER_VERSION, ParsedAnswer, parse_answer

__all__ = ["PARSER_VERSION", "ParsedAnswer", "parse_answer"]
