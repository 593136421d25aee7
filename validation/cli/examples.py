"""The example under each command's help; the tests run them."""

EXAMPLES: list[str] = []


def example(line: str) -> str:
    """Return the last lines of a command's help, and keep the example for the tests."""
    EXAMPLES.append(line)
    return f"Example: {line}"
