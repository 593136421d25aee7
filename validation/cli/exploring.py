"""``polysem explore``: runs on a page, written to a file or served to browsers on this machine."""

from pathlib import Path
from typing import Annotated

from validation.cli import reading
from validation.cli.sizes import Features, Neurons, Seed, wrote


def explore(
    n: Features = 64,
    m: Neurons = 128,
    l1: Annotated[float, reading.option(float, "--l1", "L1 strength λ in flow units.")] = 1e-2,
    seed: Seed = 0,
    port: Annotated[
        int, reading.option(int, "--port", "Where it is served on this machine.", show_default="any")
    ] = 0,
    out: Annotated[
        Path | None,
        reading.option(Path, "--out", "Write the page to this file (HTML) instead of serving it."),
    ] = None,
) -> None:
    """Move through the time of a run: encodings, races, collisions, forces, and theory beside it.

    Without --out the page is served to browsers on this machine, where settings can be changed, until Ctrl-C.
    """
    from theory.common import arguments
    from validation.explorer import page, scenes

    arguments.whole("port", port, most=65535)
    if out:
        page.writable(out)
        from theory.common import files

        wrote(files.write(out, page.page(page.chosen(n, m, l1, seed)).encode()))
        return
    from validation.explorer.server import Explorer

    with Explorer([scenes.flow(n, m, l1, seed)], port) as server:
        print(f"serving {server.address} until Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")
