"""What the web server loads: the application with the settings of the environment.

The server ends a request that is under way before it stops, but a live page has no end. So it says beforehand that it
will stop (`portal.serving`), and the live pages are let go.
"""

import asyncio

from litestar import Litestar

from portal.app import create_app
from portal.serving import LETTING_GO
from trading.kernel.live import LiveHub
from trading.kernel.log import configure_log
from trading.kernel.settings import load_settings


async def watch(served: Litestar) -> None:
    """Hear the server's word in the process that serves."""
    hub: LiveHub = served.state.hub
    asyncio.get_running_loop().add_signal_handler(LETTING_GO, hub.let_go)


configure_log(process="web")
app = create_app(load_settings())
app.on_startup.append(watch)
