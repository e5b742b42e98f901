"""Jinja2 prompt templates. Data only: this file lets an installed wheel find the folder as `dfer_prompts`."""
