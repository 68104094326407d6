"""What the web server loads: the application with the settings of the environment."""

from portal.app import create_app
from trading.kernel.log import configure_log
from trading.kernel.settings import load_settings

configure_log(process="web")
app = create_app(load_settings())
